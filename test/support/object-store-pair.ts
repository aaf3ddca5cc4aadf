import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { systemClock } from "#lib/clock.ts";
import { etagOfParts } from "#objects/catalog/part-checksums.ts";
import type { DataRef, ExtentRef } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import { ObjectOracle, type OraclePart } from "#test/support/object-store-oracle.ts";
import { catalogWorld, inlineCommit, md5, newExtent } from "#test/support/object-store-world.ts";

// Keys that order is easily wrong for: prefixes of one another, zero bytes, and pairs that UTF-16 orders otherwise than UTF-8.
export const objectKeys = fc.constantFrom(
  "a",
  "a/",
  "a/b",
  "a/b/c",
  "a\0",
  "a\0b",
  "b",
  "b//",
  "ä",
  "\u{ffff}",
  "\u{1f600}/x",
  "z",
);
const pick = fc.nat(3);
export const commands = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("put" as const),
      key: objectKeys,
      large: fc.boolean(),
      condition: fc.constantFrom("", "", "", "match", "none-match", "match-any", "none-match-any"),
      lock: fc.constantFrom("", "", "", "hold", "GOVERNANCE" as const, "COMPLIANCE" as const),
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("remove" as const), key: objectKeys }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("remove-version" as const),
      key: objectKeys,
      pick,
      bypass: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("versioning" as const),
      to: fc.constantFrom("enabled" as const, "suspended" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("hold" as const), key: objectKeys, pick, on: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("retain" as const),
      key: objectKeys,
      pick,
      mode: fc.constantFrom("", "GOVERNANCE" as const, "COMPLIANCE" as const),
      ms: fc.nat(4000),
      bypass: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("tags" as const), key: objectKeys, pick }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("time" as const), ms: fc.nat(3000) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("upload" as const), key: objectKeys }) },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant("part" as const),
      pick,
      number: fc.integer({ min: 1, max: 4 }),
      size: fc.constantFrom("inline", "small", "large", "large", "large"),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("complete" as const),
      pick,
      numbers: fc
        .array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 })
        .map((numbers) => (numbers.length > 3 ? numbers : [...new Set(numbers)].toSorted(byNumber))),
      // Otherwise most would fail.
      takes: fc.constantFrom("all", "all", "all but the first", "numbers"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("abort" as const), pick }) },
);
export type Command = typeof commands extends fc.Arbitrary<infer C> ? C : never;

interface Outcome {
  readonly code: string;
  /** The catalog's id for the version with the command's label. */
  readonly id?: string;
}

/** A bucket in the catalog and in the oracle, with what a test needs to speak of both. */
export class Pair {
  readonly world: Awaited<ReturnType<typeof catalogWorld>>;
  readonly oracle: ObjectOracle;
  readonly #clock: { now: number };
  /** From the oracle's word to the catalog's id. */
  readonly ids = new Map<string, string>([["null", "null"]]);
  readonly #uploads: { readonly label: string; readonly key: string; readonly id: string }[] = [];
  #count = 0;

  private constructor(
    world: Awaited<ReturnType<typeof catalogWorld>>,
    oracle: ObjectOracle,
    clock: { now: number },
  ) {
    this.world = world;
    this.oracle = oracle;
    this.#clock = clock;
    oracle.now = clock.now;
  }

  static async open(hasLock: boolean): Promise<Pair> {
    const time = { now: 1_000_000 };
    const world = await catalogWorld({ clock: { ...systemClock, now: () => time.now } });
    await world.bucket("bucket", hasLock ? { objectLock: {} } : {});
    return new Pair(world, new ObjectOracle(hasLock), time);
  }

  /** Asks both; the catalog's answer is checked when it comes, so that several commands are under way at once. */
  async run(command: Command): Promise<void> {
    this.#count += 1;
    const label = `v${this.#count}`;
    const { expected, call } = this.#both(command, label);
    let actual: Outcome;
    try {
      actual = { code: "", ...(await call()) };
    } catch (error) {
      if (!(error instanceof S3Error)) throw error;
      actual = { code: error.code };
    }
    assert.equal(actual.code, "code" in expected ? expected.code : "", JSON.stringify(command));
    if ("made" in expected && expected.made?.id === label && actual.id !== undefined)
      this.ids.set(label, actual.id);
  }

  #both(
    command: Command,
    label: string,
  ): {
    readonly expected: ReturnType<ObjectOracle["put"]>;
    readonly call: () => Promise<{ readonly id?: string }>;
  } {
    const { oracle, world } = this;
    const { catalog } = world;
    const callId = randomUUID();
    const bucket = "bucket";
    switch (command.type) {
      case "put":
        return this.#put(command, label);
      case "remove":
        return {
          expected: oracle.remove(command.key, label),
          call: async () => {
            const { deleteMarker } = await world.remove(bucket, command.key);
            return deleteMarker === undefined ? {} : { id: deleteMarker.versionId };
          },
        };
      case "remove-version": {
        const { key, bypass } = command;
        const id = this.#version(key, command.pick);
        const versionId = this.ids.get(id) ?? "unknown";
        return {
          expected: oracle.removeVersion(key, id, bypass),
          call: async () => {
            await world.remove(bucket, key, { versionId, bypassGovernance: bypass });
            return {};
          },
        };
      }
      case "versioning":
        return {
          expected: oracle.setVersioning(command.to),
          call: async () => {
            await catalog.updateBucket({ callId, name: bucket, change: { versioning: command.to } });
            return {};
          },
        };
      case "hold":
      case "retain":
      case "tags":
        return this.#annotate(command);
      case "time":
        this.#clock.now += command.ms;
        oracle.now = this.#clock.now;
        return { expected: {}, call: async () => ({}) };
      default:
        return this.#multipart(command, label);
    }
  }

  #put(command: Command & { type: "put" }, label: string) {
    const { key, large, lock } = command;
    const body = `body of ${label}`;
    const extent = newExtent();
    const etag = md5(label);
    const condition = conditionOf(command.condition, this.oracle.newest(key)?.etag ?? "none");
    const retention =
      lock === "" || lock === "hold" ? undefined : { mode: lock, until: this.oracle.now + 2000 };
    const size = large ? extent.size : body.length;
    const data: DataRef = large ? { at: "extents", extents: [extent] } : { at: "inline", size };
    const expected = this.oracle.put(
      key,
      label,
      {
        etag,
        size,
        extents: large ? [extent.id] : [],
        ...(large ? {} : { bodies: [body] }),
        ...(lock === "hold" ? { hold: true } : {}),
        ...(retention === undefined ? {} : { retention }),
      },
      condition,
    );
    const input = inlineCommit("bucket", key, body, {
      condition: {
        ...(condition.ifMatch === undefined ? {} : { ifMatch: [condition.ifMatch] }),
        ...(condition.ifNoneMatch === undefined ? {} : { ifNoneMatch: [condition.ifNoneMatch] }),
      },
    });
    return {
      expected,
      call: async () => {
        const { version } = await this.world.catalog.commit(
          {
            ...input,
            version: {
              ...input.version,
              etag,
              size,
              data,
              ...(lock === "hold" ? { legalHold: true } : {}),
              ...(retention === undefined ? {} : { retention }),
            },
          },
          large ? undefined : Buffer.from(body),
        );
        return { id: version.versionId };
      },
    };
  }

  #annotate(command: Command & { type: "hold" | "retain" | "tags" }) {
    const { key } = command;
    const id = this.#version(key, command.pick);
    const input = { callId: randomUUID(), bucket: "bucket", key, versionId: this.ids.get(id) ?? "unknown" };
    const call = (change: Parameters<typeof this.world.catalog.annotate>[0]["change"]) => async () => {
      await this.world.catalog.annotate({ ...input, change });
      return {};
    };
    if (command.type === "hold")
      return {
        expected: this.oracle.hold(key, id, command.on),
        call: call({ type: "legal-hold", on: command.on }),
      };
    if (command.type === "tags") {
      const expected = this.oracle.annotate(key, id, (version) => {
        version.tags = "yes";
        return undefined;
      });
      return { expected, call: call({ type: "tags", tags: { tag: "yes" } }) };
    }
    const retention =
      command.mode === "" ? undefined : { mode: command.mode, until: this.oracle.now + command.ms };
    return {
      expected: this.oracle.retain(key, id, retention, command.bypass),
      call: call({ type: "retention", retention: retention ?? null, bypassGovernance: command.bypass }),
    };
  }

  #multipart(command: Command & { type: "upload" | "part" | "complete" | "abort" }, label: string) {
    const { catalog } = this.world;
    const callId = randomUUID();
    if (command.type === "upload") {
      this.oracle.uploads.set(label, { key: command.key, parts: new Map() });
      return {
        expected: {},
        call: async () => {
          const upload = await catalog.createUpload({
            callId,
            bucket: "bucket",
            upload: { key: command.key, headers: { user: {} }, encrypted: false, writer: "tester" },
          });
          this.#uploads.push({ label, key: command.key, id: upload.uploadId });
          return {};
        },
      };
    }
    const upload = this.#uploads.at(-1 - command.pick) ?? { label: "none", key: "a", id: "none" };
    const name = { callId, bucket: "bucket", key: upload.key, uploadId: upload.id };
    if (command.type === "abort")
      return {
        expected: this.oracle.abort(upload.label),
        call: async () => {
          await catalog.abortUpload(name);
          return {};
        },
      };
    if (command.type === "part") return this.#part(command, label, upload);
    const parts = new Map(this.oracle.uploads.get(upload.label)?.parts);
    const present = [...parts.keys()].toSorted(byNumber);
    const all = command.takes === "all" ? present : present.slice(1);
    const numbers = command.takes === "numbers" ? command.numbers : all;
    const etags = numbers.map((number) => parts.get(number)?.etag ?? md5("missing"));
    const etag = etagOfParts(etags.map((tag) => ({ etag: tag })));
    return {
      expected: this.oracle.complete(upload.label, upload.key, numbers, label, etag),
      call: async () => {
        const { version } = await catalog.completeUpload({
          ...name,
          parts: numbers.map((number, at) => ({ number, etag: etags[at] ?? "" })),
          writer: "tester",
        });
        return { id: version.versionId };
      },
    };
  }

  #part(
    command: Command & { type: "part" },
    label: string,
    upload: { readonly label: string; readonly key: string; readonly id: string },
  ) {
    const isInline = command.size === "inline";
    const extent: ExtentRef = newExtent(command.size === "large" ? 5 * 1024 * 1024 : 200_000);
    const body = Buffer.from(`part ${label}`);
    const size = isInline ? body.length : extent.size;
    const part: OraclePart = {
      size,
      etag: md5(label),
      extents: isInline ? [] : [extent.id],
      ...(isInline ? { body: body.toString() } : {}),
    };
    return {
      expected: this.oracle.putPart(upload.label, command.number, part),
      call: async () => {
        const data: DataRef = isInline ? { at: "inline", size } : { at: "extents", extents: [extent] };
        await this.world.catalog.putPart(
          {
            callId: randomUUID(),
            bucket: "bucket",
            key: upload.key,
            part: { uploadId: upload.id, number: command.number, size, etag: part.etag, checksums: [], data },
          },
          isInline ? body : undefined,
        );
        return {};
      },
    };
  }

  /** A version that the oracle knows, as its word. */
  #version(key: string, at: number): string {
    const known = (this.oracle.objects.get(key) ?? []).filter(({ id }) => this.ids.has(id));
    return known[at]?.id ?? "gone";
  }
}

function conditionOf(kind: string, etag: string) {
  if (kind === "match") return { ifMatch: etag };
  if (kind === "match-any") return { ifMatch: "*" };
  if (kind === "none-match") return { ifNoneMatch: etag };
  return kind === "none-match-any" ? { ifNoneMatch: "*" } : {};
}

function byNumber(a: number, b: number): number {
  return a - b;
}

import { assert } from "#lib/assert.ts";
import { etagOfParts } from "#objects/catalog/part-checksums.ts";
import type { Committed, Removed } from "#objects/catalog.ts";
import type { Stored } from "#objects/data-path.ts";
import { partMinBytes } from "#objects/limits.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore } from "#objects/s3/operation.ts";
import { discardRefused } from "#objects/s3/operations/store-object.ts";
import {
  afterDelete,
  afterPut,
  bytesOf,
  etagOf,
  visible,
  type Body,
  type ModelObject,
  type ModelUpload,
  type ModelVersion,
  type StoreModel,
  type Versions,
} from "#sim/object-store-model.ts";
import { readObject } from "#sim/object-store-read.ts";
import type { SeededRandom } from "#sim/random.ts";

const maxBody = 9_000;
const writer = "client";

/** A client that went away in the middle of its body. */
class ClientLeft extends Error {}

/** Clients of one life: each call is one request, whose effect the model knows before. */
export class StoreClients {
  readonly #store: ObjectStore;
  readonly #model: StoreModel;
  readonly #random: SeededRandom;
  readonly #mayReadFail: boolean;

  constructor(
    store: ObjectStore,
    model: StoreModel,
    options: { readonly random: SeededRandom; readonly mayReadFail: boolean },
  ) {
    this.#store = store;
    this.#model = model;
    this.#random = options.random;
    this.#mayReadFail = options.mayReadFail;
  }

  /** Any one request on something that nobody else works on. Rejects only when the store did what it must not. */
  async request(): Promise<void> {
    const random = this.#random;
    const object = this.#pick(this.#model.objects.filter(({ isBusy }) => !isBusy));
    if (object === undefined) return;
    const upload = this.#pick(
      [...this.#model.uploads.values()].filter((one) => !one.isBusy && !one.object.isBusy),
    );
    const kind = random.below(20);
    if (kind < 7) return await this.#put(object);
    if (kind < 9) return await this.#conditionalPut(object);
    if (kind < 10) return await this.#copy(object);
    if (kind < 12) return await this.#remove(object);
    if (kind < 13) return await this.#removeVersion(object);
    if (kind < 14) return await this.#tag(object);
    if (kind < 16) return await this.#get(object);
    if (upload === undefined) return await this.#createUpload(object);
    if (upload.parts.size === 0 || kind < 18) return await this.#putPart(upload);
    if (kind < 19 || random.chance(0.5)) return await this.#complete(upload);
    return await this.#abort(upload);
  }

  #pick<T>(of: readonly T[]): T | undefined {
    return of[this.#random.below(of.length)];
  }

  #body(): Body {
    const random = this.#random;
    const size = random.chance(0.4) ? random.below(500) : random.below(maxBody);
    return { seed: 1 + random.below(2 ** 31), size };
  }

  #callId(): string {
    return Buffer.from(this.#random.bytes(16)).toString("hex");
  }

  async #put(object: ModelObject): Promise<void> {
    const body = this.#body();
    const leavesAt = this.#random.chance(0.05) ? this.#random.below(body.size + 1) : undefined;
    await this.#write(object, body, chunksOf(bytesOf(body), leavesAt));
  }

  async #conditionalPut(object: ModelObject): Promise<void> {
    const body = this.#body();
    const there = visible(object.versions);
    const chosen = this.#random.below(3);
    const condition = [
      { ifNoneMatch: ["*"] },
      { ifMatch: [there?.etag ?? "none"] },
      { ifMatch: ["0123456789abcdef0123456789abcdef"] },
    ][chosen];
    const refusals = there === undefined ? [undefined, "NoSuchKey", "NoSuchKey"] : [412, undefined, 412];
    const refusal = refusals[chosen] === 412 ? "PreconditionFailed" : refusals[chosen];
    await this.#write(object, body, chunksOf(bytesOf(body)), { condition, refusal });
  }

  /** As CopyObject does: what is read becomes another object. */
  async #copy(target: ModelObject): Promise<void> {
    const source = this.#pick(
      this.#model.objects.filter(({ isBusy, versions }) => !isBusy && visible(versions)?.bodies.length === 1),
    );
    const [body] = source === undefined ? [] : (visible(source.versions)?.bodies ?? []);
    if (source === undefined || body === undefined || source === target) return;
    source.isBusy = true;
    target.isBusy = true;
    const found = await this.#store.catalog.find(source);
    await this.#write(target, body, readObject(this.#store, found));
    source.isBusy = false;
  }

  async #write(
    object: ModelObject,
    body: Body,
    chunks: AsyncIterable<Uint8Array>,
    expected: {
      readonly condition?: { readonly ifMatch?: string[]; readonly ifNoneMatch?: string[] } | undefined;
      readonly refusal?: string | number | undefined;
    } = {},
  ): Promise<void> {
    object.isBusy = true;
    const { bucket, key } = object;
    const stored = await this.#stored(chunks);
    if (stored === undefined) {
      object.isBusy = false;
      return;
    }
    const etag = etagOf(body);
    const version = {
      size: body.size,
      etag,
      headers: { user: {} },
      checksums: [],
      data: stored.data,
      writer,
      ...(stored.seal === undefined ? {} : { seal: stored.seal }),
    };
    const input = {
      callId: this.#callId(),
      bucket,
      key,
      version,
      missingShards: stored.missingShards,
      ...(expected.condition === undefined ? {} : { condition: expected.condition }),
    };
    const act = (store: ObjectStore) =>
      discardRefused(store, stored, () => store.catalog.commit(input, stored.blob));
    const after = afterPut(object, { isMarker: false, etag, bodies: [body] });
    await this.#change(object, after, act, {
      refusal: expected.refusal,
      learn: ({ version: { versionId } }: Committed) => withId(after, versionId),
    });
  }

  /** Undefined: it was not taken, and nothing was asked of the catalog. */
  async #stored(chunks: AsyncIterable<Uint8Array>): Promise<Stored | undefined> {
    try {
      return await this.#store.data.store(chunks, {
        encrypt: this.#random.chance(0.2),
        describe: () => ({ key: "k" }),
        signal: new AbortController().signal,
      });
    } catch (error) {
      if (error instanceof ClientLeft || isSlowDown(error)) return undefined;
      throw error;
    }
  }

  async #remove(object: ModelObject): Promise<void> {
    const { bucket, key } = object;
    const input = { callId: this.#callId(), bucket, key, bypassGovernance: false, writer };
    const after = afterDelete(object);
    await this.#change(object, after, (store) => store.catalog.remove(input), {
      learn: ({ deleteMarker }: Removed) => withId(after, deleteMarker?.versionId),
    });
  }

  async #removeVersion(object: ModelObject): Promise<void> {
    const victim = this.#pick(object.versions);
    if (victim?.versionId === undefined) return;
    const { bucket, key } = object;
    const { versionId } = victim;
    const input = { callId: this.#callId(), bucket, key, versionId, bypassGovernance: false, writer };
    const after = object.versions.filter((version) => version !== victim);
    await this.#change(object, after, (store) => store.catalog.remove(input), { learn: () => after });
  }

  async #tag(object: ModelObject): Promise<void> {
    const target = this.#pick(object.versions.filter(({ isMarker }) => !isMarker));
    if (target?.versionId === undefined) return;
    const { bucket, key } = object;
    const tag = String(this.#random.below(1000));
    const { versionId } = target;
    const change = { type: "tags", tags: { tag } } as const;
    const input = { callId: this.#callId(), bucket, key, versionId, change };
    const after = object.versions.map((version) => (version === target ? { ...version, tag } : version));
    await this.#change(object, after, (store) => store.catalog.annotate(input), { learn: () => after });
  }

  async #get(object: ModelObject): Promise<void> {
    const expected = visible(object.versions);
    object.isBusy = true;
    const { bucket, key } = object;
    try {
      const found = await this.#store.catalog.find({ bucket, key });
      const version = found.version?.isDeleteMarker === true ? undefined : found.version;
      assert(version?.etag === expected?.etag, `${bucket}/${key} is what was acknowledged last`);
      if (expected !== undefined) await this.#checkBytes(expected, readObject(this.#store, found));
    } catch (error) {
      if (!this.#mayReadFail || !isSlowDown(error)) throw error;
    }
    object.isBusy = false;
  }

  async #checkBytes(expected: ModelVersion, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const pieces: Uint8Array[] = [];
    for await (const piece of chunks) pieces.push(piece);
    const isSame = Buffer.concat(pieces).equals(Buffer.concat(expected.bodies.map(bytesOf)));
    assert(isSame, "the bytes are those that were put");
  }

  async #createUpload(object: ModelObject): Promise<void> {
    const { bucket, key } = object;
    const upload = { key, headers: { user: {} }, encrypted: false, writer };
    this.#model.pendingUploads.push(object);
    const made = await this.#answered(
      this.#store.catalog.createUpload({ callId: this.#callId(), bucket, upload }),
    );
    if (made?.answer === undefined) return;
    this.#model.pendingUploads.splice(this.#model.pendingUploads.indexOf(object), 1);
    const id = made.answer.uploadId;
    const parts = new Map<number, { readonly etag: string; readonly body: Body }>();
    const none = { pendingPart: undefined, isEnding: false, isBusy: false };
    this.#model.uploads.set(id, { id, object, parts, ...none });
  }

  async #putPart(upload: ModelUpload): Promise<void> {
    upload.isBusy = true;
    const { bucket, key } = upload.object;
    const body = this.#body();
    const stored = await this.#stored(chunksOf(bytesOf(body)));
    if (stored === undefined) {
      upload.isBusy = false;
      return;
    }
    const number = 1 + this.#random.below(3);
    const etag = etagOf(body);
    upload.pendingPart = { number, part: { etag, body } };
    const { data, seal, missingShards, blob } = stored;
    // S3 wants long parts, and the catalog never looks at the bytes: `readObject` takes it off again.
    const size = body.size + partMinBytes;
    const sealed = seal === undefined ? {} : { seal };
    const part = { uploadId: upload.id, number, size, etag, checksums: [], data, ...sealed };
    const call = { callId: this.#callId(), bucket, key, part, missingShards };
    const done = await this.#answered(this.#store.catalog.putPart(call, blob));
    if (done === undefined) return;
    upload.parts.set(number, { etag, body });
    upload.pendingPart = undefined;
    upload.isBusy = false;
  }

  async #complete(upload: ModelUpload): Promise<void> {
    const { object } = upload;
    const { bucket, key } = object;
    upload.isBusy = true;
    const all = [...upload.parts].toSorted(([a], [b]) => a - b);
    const chosen = all.filter(() => this.#random.chance(0.9));
    const named = chosen.length === 0 ? all : chosen;
    const parts = named.map(([number, { etag }]) => ({ number, etag }));
    const input = { callId: this.#callId(), bucket, key, uploadId: upload.id, parts, writer };
    const version = {
      isMarker: false,
      etag: etagOfParts(parts),
      bodies: named.map(([, { body }]) => body),
    };
    const after = afterPut(object, version);
    await this.#change(object, after, (store) => store.catalog.completeUpload(input), {
      uploadId: upload.id,
      learn: (committed: Committed) => {
        this.#model.uploads.delete(upload.id);
        return withId(after, committed.version.versionId);
      },
    });
  }

  async #abort(upload: ModelUpload): Promise<void> {
    const { bucket, key } = upload.object;
    upload.isBusy = true;
    upload.isEnding = true;
    const input = { callId: this.#callId(), bucket, key, uploadId: upload.id };
    const done = await this.#answered(this.#store.catalog.abortUpload(input));
    if (done !== undefined) this.#model.uploads.delete(upload.id);
  }

  async #change<A>(
    object: ModelObject,
    after: Versions,
    act: (store: ObjectStore) => Promise<A>,
    about: {
      readonly learn: (answer: A) => Versions;
      readonly refusal?: string | number | undefined;
      readonly uploadId?: string;
    },
  ): Promise<void> {
    object.isBusy = true;
    const { refusal, uploadId, learn } = about;
    const upload = uploadId === undefined ? {} : { uploadId };
    if (refusal === undefined) object.pending = { after, again: act, ...upload };
    const done = await this.#answered(act(this.#store), refusal);
    if (done === undefined) return;
    object.pending = undefined;
    if (done.answer !== undefined || refusal === undefined) object.versions = learn(done.answer as A); // a refusal has no answer
    object.isBusy = false;
  }

  /** Undefined: nobody knows whether it happened. What was expected to be refused answers nothing. */
  async #answered<A>(
    call: Promise<A>,
    refusal?: string | number,
  ): Promise<{ readonly answer: A | undefined } | undefined> {
    try {
      const answer = await call;
      assert(refusal === undefined, `it was refused with ${refusal}`);
      return { answer };
    } catch (error) {
      if (error instanceof S3Error && error.code === refusal) return { answer: undefined };
      if (isSlowDown(error)) return undefined;
      throw error;
    }
  }
}

function isSlowDown(error: unknown): boolean {
  return error instanceof S3Error && error.code === "SlowDown";
}

function withId(versions: Versions, versionId: string | undefined): Versions {
  const [newest, ...older] = versions;
  return newest === undefined || versionId === undefined ? versions : [{ ...newest, versionId }, ...older];
}

async function* chunksOf(bytes: Buffer, leavesAt?: number): AsyncGenerator<Uint8Array> {
  const size = 1_500;
  for (let at = 0; at < bytes.length; at += size) {
    if (leavesAt !== undefined && at + size > leavesAt) throw new ClientLeft();
    yield bytes.subarray(at, at + size);
    await Promise.resolve();
  }
}

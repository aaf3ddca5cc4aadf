import assert from "node:assert/strict";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { VdcError } from "#api/errors.ts";
import { systemClock } from "#lib/clock.ts";
import type { Catalog, Commit } from "#objects/catalog.ts";
import type { AccessKeyRecord, BucketRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import { connectWire, emptyFacts, serveWire } from "#test/support/wire-catalog.ts";
import { waitFor } from "#test/support/wait-for.ts";
import { encodeFrame } from "./frame.ts";

const folder = mkdtempSync(join(tmpdir(), "vdc-wire-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let sockets = 0;
const newPath = () => join(folder, `${(sockets += 1)}.sock`);

const nothing = { facts: emptyFacts, buckets: [], keys: [], segments: [] };
const bucketNamed = (name: string): BucketRecord => ({
  name,
  id: name,
  project: "default",
  createdAt: 0,
  versioning: "off",
  acl: "private",
  sequence: 1,
});
const keyOf = (accessKeyId: string): AccessKeyRecord => ({
  accessKeyId,
  secretAccessKey: "secret",
  owner: "system",
  project: "default",
  scope: { access: "full" },
  createdAt: 0,
});

describe("calls to the catalog", () => {
  it("carry inputs, bytes, answers and refusals as they are, and a fault without its words", async () => {
    const path = newPath();
    const blobs: (Uint8Array | undefined)[] = [];
    const {
      server,
      catalog: served,
      end,
    } = await serveWire(path, {
      commit: async (input: Commit, blob) => {
        blobs.push(blob);
        return { version: { ...input.version, key: input.key }, isVersioned: true } as never; // looked at as JSON
      },
      find: async () => {
        throw new S3Error("PreconditionFailed", "No.", {
          details: { Condition: "If-Match" },
          headers: { "x-amz-delete-marker": "true" },
        });
      },
      deleteBucket: async () => {
        throw new VdcError("in-use", "something is in it");
      },
      list: async () => {
        throw new Error("a word that is nobody's business");
      },
    });
    server.open(served);
    const { connection } = connectWire(path);
    const catalog = connection.catalog();
    const blob = new Uint8Array(100_000).fill(7);
    const answer = await catalog.commit(
      { callId: "1", bucket: "b", key: "ä/\0", version: { size: 5 } } as never,
      blob,
    ); // no whole version is needed here
    assert.deepEqual(answer, { version: { size: 5, key: "ä/\0" }, isVersioned: true });
    assert.deepEqual(blobs[0], Buffer.from(blob));
    await assert.rejects(catalog.find({ bucket: "b", key: "k" }), {
      name: "S3Error",
      code: "PreconditionFailed",
      message: "No.",
      details: { Condition: "If-Match" },
      headers: { "x-amz-delete-marker": "true" },
    });
    await assert.rejects(catalog.deleteBucket({ callId: "2", name: "b" }), {
      name: "VdcError",
      code: "in-use",
    });
    const fault = await catalog.list({} as never).catch((error: unknown) => error);
    assert.ok(
      fault instanceof S3Error && fault.code === "InternalError" && !fault.message.includes("nobody"),
    );
    connection.close();
    await end();
  });

  it("are neither lost nor done twice when the catalog is killed again and again in the middle of them", async () => {
    const path = newPath();
    const file = join(folder, "done");
    const program = fileURLToPath(new URL("../../../test/support/wire-catalog.ts", import.meta.url));
    let child: ChildProcess;
    const start = async () => {
      child = fork(program, [path, file], { execArgv: ["--disable-warning=ExperimentalWarning"] });
      await once(child, "message");
    };
    await start();
    const { connection } = connectWire(path);
    const catalog = connection.catalog();
    const calls: string[] = [];
    const stop = new AbortController();
    const client = async (name: number) => {
      for (let turn = 0; !stop.signal.aborted; turn += 1) {
        const callId = `${name}-${turn}`;
        await catalog.discard({ extents: [], callId } as never); // the test's catalog reads the id
        calls.push(callId);
      }
    };
    const clients = Array.from({ length: 64 }, async (_, name) => await client(name));
    for (let kill = 0; kill < 4; kill += 1) {
      const before = calls.length;
      await waitFor(() => calls.length > before + 300 || undefined, { withinMs: 10_000, what: "some calls" });
      const ended = once(child!, "exit"); // `start` has set it
      child!.kill("SIGKILL"); // as above
      await ended;
      await start();
    }
    stop.abort();
    await Promise.all(clients);
    const done = readFileSync(file, "utf8").trim().split("\n");
    assert.equal(new Set(done).size, done.length);
    assert.deepEqual(done.toSorted(), calls.toSorted());
    assert.ok(connection.counts.held >= 4, String(connection.counts.held));
    assert.equal(connection.counts.broken, 0);
    connection.close();
    child!.kill("SIGKILL"); // as above
  });

  it("are held while nobody is there, then refused with SlowDown and counted; an abort ends them at once", async () => {
    const { connection } = connectWire(newPath());
    const stop = new AbortController();
    const aborted = connection.catalog({ signal: stop.signal }).find({ bucket: "b", key: "k" });
    stop.abort(new Error("the client left"));
    await assert.rejects(aborted, /the client left/);
    await assert.rejects(connection.catalog({ withinMs: 100 }).find({ bucket: "b", key: "k" }), {
      code: "SlowDown",
    });
    assert.deepEqual(connection.counts, { held: 2, broken: 1 });
    assert.equal(connection.waiting, 0);
    connection.close();
  });

  it("wait for the store to open, and those that were given up meanwhile are never begun", async () => {
    const path = newPath();
    const begun: string[] = [];
    const find: Catalog["find"] = async ({ key }) => {
      begun.push(key);
      return { bucket: bucketNamed("b"), isLatest: true };
    };
    const { server, catalog: served, end } = await serveWire(path, { find }, { work: async () => [] });
    const { connection } = connectWire(path);
    const stop = new AbortController();
    const kept = connection.catalog().find({ bucket: "b", key: "kept" });
    const left = connection.catalog({ signal: stop.signal }).find({ bucket: "b", key: "left" });
    // The administration answers while the store is closed, and its answer comes after the calls before it.
    assert.deepEqual(await connection.admin().work({}), []);
    assert.deepEqual(begun, []);
    stop.abort();
    await assert.rejects(left);
    await connection.admin().work({});
    server.open(served);
    assert.equal((await kept).isLatest, true);
    assert.deepEqual(begun, ["kept"]);
    connection.close();
    await end();
  });

  it("of a stranger end the connection and harm nobody else", async () => {
    const path = newPath();
    const { server, catalog: served, end } = await serveWire(path, { report: async () => undefined });
    server.open(served);
    const { connection } = connectWire(path);
    const strange = [
      [{ type: "call", id: 1, method: "constructor", input: {} }],
      [{ type: "call", id: 1, method: "toString", input: {} }],
      [{ type: "nonsense" }],
      [null],
    ].map(([header]) => Buffer.concat(encodeFrame(header)));
    for (const bytes of [...strange, Buffer.from("GET / HTTP/1.1\r\n\r\n")]) {
      const socket = connect({ path });
      socket.on("error", () => undefined).write(bytes);
      await once(socket, "close");
    }
    await connection.catalog().report({ findings: [] });
    connection.close();
    await end();
  });
});

describe("what fronts are told", () => {
  it("is all there is when they connect and each change after, and a key's end is answered when all of them know", async () => {
    const path = newPath();
    const keys = new Map<string, AccessKeyRecord>();
    const {
      server,
      feed,
      catalog: served,
      end,
    } = await serveWire(path, {
      removeKey: async ({ accessKeyId }) => await feed.publishEverywhere({ removedKeys: [accessKeyId] }),
      putKey: async ({ key }) => await feed.publishEverywhere({ keys: [key] }),
      createBucket: async ({ bucket: { name } }) => {
        await feed.publishEverywhere({ buckets: [bucketNamed(name)] });
        return bucketNamed(name);
      },
    });
    for (let number = 0; number < 600; number += 1) keys.set(`k${number}`, keyOf(`k${number}`));
    const segments = [{ number: 1, ensemble: [0, 1], whole: [0, 1] }];
    const fronts = [connectWire(path, { front: true }), connectWire(path, { front: true })];
    assert.equal(fronts[0]?.configuration.isCurrent, false);
    feed.reset({ ...nothing, keys: keys.values(), segments });
    server.open(served);
    await Promise.all(fronts.map(async ({ configuration }) => await configuration.whenCurrent()));
    const control = connectWire(path);
    const catalog = control.connection.catalog();
    await catalog.putKey({ key: keyOf("new") });
    await catalog.createBucket({ callId: "1", bucket: bucketNamed("made") });
    await catalog.removeKey({ accessKeyId: "k7" });
    feed.publishSegments([...segments, { number: 2, ensemble: [1, 2], whole: [] }]);
    await control.connection.catalog().putKey({ key: keyOf("last") });
    for (const { configuration } of fronts) {
      assert.equal(configuration.key("k7"), undefined);
      assert.equal(configuration.key("k599")?.accessKeyId, "k599");
      assert.equal(configuration.key("new")?.secretAccessKey, "secret");
      assert.deepEqual(
        configuration.buckets().map(({ name }) => name),
        ["made"],
      );
      assert.deepEqual(configuration.segment(2)?.ensemble, [1, 2]);
      assert.deepEqual(configuration.facts, emptyFacts);
    }
    [control, ...fronts].forEach(({ connection }) => connection.close());
    await end();
  });

  it("is not used any more by a front that loses the catalog, until it is told again", async () => {
    const path = newPath();
    const first = await serveWire(path, {});
    first.feed.reset({ ...nothing, keys: [keyOf("old")] });
    const { connection, configuration } = connectWire(path, { front: true });
    await configuration.whenCurrent();
    await first.end();
    await waitFor(() => !configuration.isCurrent || undefined, { withinMs: 1_000, what: "the end of trust" });
    await assert.rejects(configuration.whenCurrent(undefined, 50), { code: "SlowDown" });
    const second = await serveWire(path, {});
    second.feed.reset({ ...nothing, keys: [keyOf("fresh")] });
    await configuration.whenCurrent();
    assert.equal(configuration.key("old"), undefined);
    assert.ok(configuration.key("fresh"));
    connection.close();
    await second.end();
  });

  it("does not wait longer for a front that hears nothing than that front may trust what it has", async () => {
    const path = newPath();
    const {
      server,
      feed,
      catalog: served,
      end,
    } = await serveWire(path, {
      removeKey: async () => await feed.publishEverywhere({ removedKeys: ["k"] }),
    });
    feed.reset(nothing);
    server.open(served);
    const deaf = connect({ path });
    const closed = once(deaf, "close");
    deaf
      .on("error", () => undefined)
      .write(Buffer.concat(encodeFrame({ type: "hello", name: "deaf", wantsFeed: true })));
    await once(deaf, "data");
    const { connection } = connectWire(path);
    const begun = systemClock.monotonic();
    await connection.catalog().removeKey({ accessKeyId: "k" });
    const tookMs = systemClock.monotonic() - begun;
    assert.ok(tookMs >= 990 && tookMs < 4_000, String(tookMs));
    await closed;
    connection.close();
    await end();
  });
});

import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, describe, it } from "node:test";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import { prepareDataDirectory } from "#main/data-directory.ts";
import { localDataPorts } from "#main/objects/local-data-ports.ts";
import { version } from "#main/version.ts";
import type { WorkKind, WorkView } from "#objects/admin.ts";
import { LocalDataPath } from "#objects/data/local-data-path.ts";
import type { ObjectHeaders } from "#objects/records.ts";
import type { ObjectStore } from "#objects/s3/operation.ts";
import { readVersion } from "#objects/s3/operations/read-version.ts";
import { storeObject } from "#objects/s3/operations/store-object.ts";
import { storePart } from "#objects/s3/operations/upload-part.ts";
import { bodyOf } from "#test/support/data-world.ts";
import { waitFor } from "#test/support/wait-for.ts";
import { CatalogProcess } from "./catalog-process.ts";
import { rebuildWorks } from "./rebuild.ts";

const folder = mkdtempSync(join(tmpdir(), "vdc-rebuild-"));
const ports = { clock: systemClock, random: systemRandom, log: silentLog };
const { signal } = new AbortController();
let running: CatalogProcess | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
});
after(() => rmSync(folder, { recursive: true, force: true }));

function place(name: string) {
  const dataDirectory = join(folder, name);
  const drives = [0, 1, 2, 3].map((number) => join(folder, `${name}-drive-${number}`));
  for (const path of [dataDirectory, ...drives]) mkdirSync(path, { mode: 0o700 });
  const directory = prepareDataDirectory(dataDirectory);
  return { drives, directory, config: { dataDirectory, drives } };
}

async function started({ config, directory }: ReturnType<typeof place>): Promise<CatalogProcess> {
  const works = (process: CatalogProcess) => rebuildWorks(process, ports);
  running = new CatalogProcess({ config, directory, version, works, ...ports });
  await running.start();
  return running;
}

/** What a front works with. */
function storeOf(process: CatalogProcess): ObjectStore {
  const { catalog, configuration } = process.store;
  const data = new LocalDataPath(
    localDataPorts({
      clock: systemClock,
      random: systemRandom,
      slabBuffers: 32,
      storeId: process.list?.storeId ?? "",
      drives: () => process.drives?.views() ?? [],
      shards: (drive) => process.drives?.get(drive)?.shards,
      masterKeys: process.keys ?? { current: () => undefined, byId: () => undefined },
      readBlob: async (at) => await process.store.journal.readBlob(at),
      report: () => undefined,
      discard: () => undefined,
      count: () => undefined,
    }),
  );
  return { catalog, configuration, data, clock: systemClock, random: systemRandom, region: "test" };
}

function sourceOf(body: Buffer) {
  const md5 = createHash("md5").update(body).digest("hex");
  async function* chunks() {
    yield body;
    await Promise.resolve();
  }
  return { chunks: chunks(), size: body.length, digest: () => ({ size: body.length, md5, checksums: [] }) };
}

async function put(
  store: ObjectStore,
  key: string,
  body: Buffer,
  more: {
    readonly headers?: ObjectHeaders;
    readonly encrypt?: boolean;
    readonly tags?: Record<string, string>;
  } = {},
): Promise<void> {
  const bucket = store.configuration.bucket("pictures");
  assert(bucket !== undefined, "the bucket was made");
  const options = { headers: { user: {} }, encrypt: false, ...more };
  await storeObject(store, sourceOf(body), { bucket, key, options, writer: "tester" }, signal);
}

async function putParts(store: ObjectStore, key: string, bodies: readonly Buffer[]): Promise<void> {
  const name = { bucket: "pictures", key };
  const upload = await store.catalog.createUpload({
    callId: randomUUID(),
    bucket: name.bucket,
    upload: {
      key,
      headers: { contentType: "video/mp4", user: { by: "parts" } },
      encrypted: false,
      writer: "tester",
    },
  });
  const parts = [];
  for (const [at, body] of bodies.entries()) {
    const target = { bucket: name.bucket, upload, number: at + 1, encryption: { encrypt: false } };
    const { number, etag } = await storePart(store, sourceOf(body), target, signal);
    parts.push({ number, etag });
  }
  const { uploadId } = upload;
  await store.catalog.completeUpload({ callId: randomUUID(), ...name, uploadId, parts, writer: "tester" });
}

async function found(store: ObjectStore, key: string) {
  const at = await store.catalog.find({ bucket: "pictures", key });
  if (at.version === undefined) return undefined;
  const { version: one } = at;
  const pieces: Uint8Array[] = [];
  const range = { start: 0, end: one.size };
  for await (const piece of readVersion(store, { ...at, version: one }, range, signal)) pieces.push(piece);
  return { body: Buffer.concat(pieces), headers: one.headers, tags: one.tags, etag: one.etag };
}

async function ended(process: CatalogProcess, work: WorkKind): Promise<WorkView> {
  const { id } = process.works.start(work, undefined);
  const hasEnded = () => process.works.views().find((view) => view.id === id && view.state !== "running");
  return await waitFor(hasEnded, { withinMs: 20_000, what: `the end of ${work}` });
}

const bodies = {
  picture: bodyOf(400_000, 1),
  secret: bodyOf(500_000, 2),
  first: bodyOf(5 * 1024 * 1024, 3),
  last: bodyOf(1_000, 4),
};
const picture = { contentType: "image/jpeg", cacheControl: "no-cache", user: { by: "käthe", camera: "x" } };

async function filled(process: CatalogProcess): Promise<void> {
  const store = storeOf(process);
  const bucket = { name: "pictures", project: "news", versioning: "enabled", acl: "private" } as const;
  await store.catalog.createBucket({ callId: randomUUID(), bucket });
  await put(store, "picture", bodyOf(300_000, 9));
  await put(store, "picture", bodies.picture, { headers: picture, tags: { a: "b" } });
  await put(store, "secret", bodies.secret, { encrypt: true });
  await putParts(store, "film", [bodies.first, bodies.last]);
  await put(store, "small", Buffer.from("small"));
}

async function checkLarge(store: ObjectStore): Promise<void> {
  assert.deepEqual(await found(store, "picture"), {
    body: bodies.picture,
    headers: picture,
    tags: { a: "b" },
    etag: createHash("md5").update(bodies.picture).digest("hex"),
  });
  assert.deepEqual((await found(store, "secret"))?.body, bodies.secret);
  const film = await found(store, "film");
  assert.deepEqual(film?.body, Buffer.concat([bodies.first, bodies.last]));
  assert.deepEqual(film?.headers, { contentType: "video/mp4", user: { by: "parts" } });
  assert.match(film?.etag ?? "", /-2$/);
}

describe("a store whose index is lost", () => {
  it("has everything again at its next start, and can drop the index while it runs", async () => {
    const where = place("index");
    await filled(await started(where));
    await running?.stop();
    for (const name of readdirSync(where.directory.objects).filter((each) => each.startsWith("index.db")))
      rmSync(join(where.directory.objects, name));
    const process = await started(where);
    await checkLarge(storeOf(process));
    const before = process.store;
    const view = await ended(process, "rebuild-index");
    assert.equal(view.state, "done", view.message ?? "");
    assert.notEqual(process.store, before);
    await checkLarge(storeOf(process));
    assert.deepEqual((await found(storeOf(process), "small"))?.body, Buffer.from("small"));
  });
});

describe("a store whose index has a flipped bit", () => {
  it("makes it anew when it starts", async () => {
    const where = place("flipped");
    await filled(await started(where));
    await running?.stop();
    const path = join(where.directory.objects, "index.db");
    const bytes = readFileSync(path);
    const kindOfRootPage = 4096; // of the table of rows: page 2
    bytes[kindOfRootPage] = (bytes[kindOfRootPage] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    const process = await started(where);
    await checkLarge(storeOf(process));
    assert.deepEqual((await found(storeOf(process), "small"))?.body, Buffer.from("small"));
  });
});

describe("a store whose journal is lost", () => {
  it("holds, and a scan brings back every large object, with its headers, tags and seals", async () => {
    const where = place("journal");
    const before = await started(where);
    await filled(before);
    const refused = await ended(before, "scan-rebuild");
    assert.equal(refused.state, "failed", "a store that serves knows more than a scan");
    await before.stop();
    for (const drive of where.drives) rmSync(join(drive, "journal"), { recursive: true });
    const process = await started(where);
    assert.equal(process.isServing, false);
    const preview = await ended(process, "scan-preview");
    assert.match(
      preview.message ?? "",
      /^a scan would bring back 4 objects in 1 buckets, .*1 of them were sent in parts/,
    );
    const rebuilt = await ended(process, "scan-rebuild");
    assert.equal(rebuilt.state, "done", rebuilt.message ?? "");
    assert.equal(process.isServing, true);
    const store = storeOf(process);
    await checkLarge(store);
    assert.equal(await found(store, "small"), undefined, "it was in the journal alone");
    const bucket = store.configuration.bucket("pictures");
    assert.deepEqual([bucket?.project, bucket?.versioning], ["news", "enabled"]);
    const page = { bucket: "pictures", prefix: "picture", delimiter: "", keyMarker: "", limit: 10 };
    assert.equal((await store.catalog.listVersions(page)).entries.length, 2, "older versions too");
    await put(store, "new", bodies.picture);
    await process.stop();
    const again = await started(where);
    await checkLarge(storeOf(again));
    assert.deepEqual((await found(storeOf(again), "new"))?.body, bodies.picture);
  });

  it("holds also when the witness is lost with it, instead of beginning empty", async () => {
    const where = place("witness");
    await filled(await started(where));
    await running?.stop();
    for (const drive of where.drives) rmSync(join(drive, "journal"), { recursive: true });
    rmSync(join(where.directory.objects, "witness"));
    const process = await started(where);
    assert.equal(process.isServing, false);
    assert.match(process.reason ?? "", /^the drives hold objects, but none of them holds the journal/);
  });

  it("is not rebuilt while a drive is away that may hold the journal", async () => {
    const where = place("away");
    await filled(await started(where));
    await running?.stop();
    for (const drive of where.drives) rmSync(join(drive, "journal"), { recursive: true });
    rmSync(where.drives[2] ?? "", { recursive: true });
    const refused = await ended(await started(where), "scan-rebuild");
    assert.equal(refused.state, "failed");
    assert.match(refused.message ?? "", /^drive 2 is not there/);
  });
});

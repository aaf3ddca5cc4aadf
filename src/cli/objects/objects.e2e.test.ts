import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { startDataCenter, type TestDataCenter } from "#test/support/data-center.ts";
import { cliWorld, type CliWorld } from "#test/support/cli-call.ts";
import { adminWorld, type AdminWorld } from "#test/support/object-store-admin.ts";
import { inlineCommit } from "#test/support/object-store-world.ts";
import type { MemoryObjectStore } from "#test/support/object-store.ts";
import { S3Error } from "#objects/s3-error.ts";
import { s3Service, type S3Service } from "#test/support/s3-service.ts";
import { projectKind } from "#api/kinds/project.ts";
import { waitFor } from "#test/support/wait-for.ts";
import { safePath } from "../commands/object-get.ts";
import { partBytes } from "./etag.ts";

let service: S3Service;
let world: AdminWorld;
let center: TestDataCenter;
/** Numbers of the parts that were taken. */
const arrivedParts: number[] = [];
/** While it is there, parts but the first wait for it, and are refused then. */
let partsAfterFirst: Promise<void> | undefined;
let cli: CliWorld;

before(async () => {
  service = await s3Service({
    wrap: (store) => ({ ...store, catalog: { ...store.catalog, putPart: gatedPutPart(store) } }),
  });
  world = adminWorld(service.store, service.endpoint);
  center = await startDataCenter({ objects: world.here });
  cli = cliWorld({ socketPath: center.socketPath });
  const spec = projectKind.spec.parse({ title: "" });
  await center.local.apply(projectKind, { name: "default", spec });
  await ok("bucket", "create", "album", "--versioning");
  await ready("album");
});
after(async () => {
  cli[Symbol.dispose]();
  await center.stop();
  await service[Symbol.asyncDispose]();
});

function gatedPutPart({ catalog }: MemoryObjectStore): MemoryObjectStore["catalog"]["putPart"] {
  return async (input, blob) => {
    if (partsAfterFirst !== undefined && input.part.number > 1) {
      await partsAfterFirst;
      throw new S3Error("SlowDown");
    }
    const part = await catalog.putPart(input, blob);
    arrivedParts.push(part.number);
    return part;
  };
}

async function ok(...words: readonly string[]) {
  const { status, stdout, stderr } = await cli.call(words);
  assert.equal(status, 0, `${words.join(" ")}: ${stderr}`);
  return { stdout, stderr };
}

async function json(...words: readonly string[]): Promise<Record<string, unknown>> {
  return JSON.parse((await ok(...words, "--json")).stdout) as Record<string, unknown>; // what --json prints
}

async function ready(bucket: string): Promise<void> {
  const is = async () =>
    /"phase": ?"ready"/.test((await ok("get", "bucket", bucket, "--json")).stdout) ? true : undefined;
  await waitFor(is, { withinMs: 15_000, what: `${bucket} is ready` });
}

describe("objects from the command line", () => {
  it("are sent and fetched as trees, and what is there already moves only once", async () => {
    const from = join(cli.home, "photos");
    mkdirSync(join(from, "deep"), { recursive: true });
    writeFileSync(join(from, "a b.txt"), "one");
    writeFileSync(join(from, "empty"), "");
    writeFileSync(join(from, "deep", "ü.bin"), randomBytes(300_000));
    assert.equal((await json("object", "put", "photos", "album/2026/"))["sent"], 3);
    const again = await json("object", "put", "photos", "album/2026/");
    assert.deepEqual([again["sent"], again["skipped"]], [0, 3]);
    const listed = await ok("object", "list", "album/2026/", "--recursive");
    assert.match(listed.stdout, /2026\/deep\/ü\.bin +293 KiB/);
    assert.equal((await json("object", "get", "album/2026/", "back"))["received"], 3);
    for (const name of ["a b.txt", "empty", "deep/ü.bin"])
      assert.deepEqual(readFileSync(join(cli.home, "back", name)), readFileSync(join(from, name)), name);
    assert.equal((await json("object", "get", "album/2026/", "back"))["skipped"], 3);
    assert.deepEqual(readdirSync(join(cli.home, "back")).toSorted(), ["a b.txt", "deep", "empty"]);
  });

  it("go on where they were: a large file's finished parts are not sent again", async () => {
    const bytes = randomBytes(partBytes * 2 + 1_000);
    writeFileSync(join(cli.home, "film"), bytes);
    const gate = Promise.withResolvers<void>();
    partsAfterFirst = gate.promise;
    const begun = cli.start(["object", "put", "film", "album/film"]);
    await waitFor(() => (arrivedParts.includes(1) ? true : undefined), {
      withinMs: 15_000,
      what: "the first part has arrived",
    });
    await begun.stop();
    partsAfterFirst = undefined;
    gate.resolve();
    arrivedParts.length = 0;
    await ok("object", "put", "film", "album/film");
    assert.deepEqual(new Set(arrivedParts), new Set([2, 3]));
    assert.deepEqual(readdirSync(join(cli.home, ".config", "vdc", "uploads")), []);
    assert.equal((await json("object", "put", "film", "album/film"))["skipped"], 1);
    const tag =
      /"etag": "([0-9a-f]+)/.exec((await ok("object", "show", "album/film", "--json")).stdout)?.[1] ?? "";
    assert.notEqual(tag, "");
    await ok("object", "get", "album/film", "film.back");
    assert.ok(readFileSync(join(cli.home, "film.back")).equals(bytes));
    assert.ok(!readdirSync(cli.home).some((name) => name.endsWith(".vdc-part")));
  });

  it("are fetched from where an earlier call broke off", async () => {
    const bytes = randomBytes(200_000);
    writeFileSync(join(cli.home, "half"), bytes);
    await ok("object", "put", "half", "album/half");
    const etag = String((await json("object", "show", "album/half"))["etag"]);
    const draft = join(cli.home, `half.back.${etag.slice(0, 12)}.vdc-part`);
    writeFileSync(draft, bytes.subarray(0, 150_000));
    await ok("object", "get", "album/half", "half.back");
    assert.ok(readFileSync(join(cli.home, "half.back")).equals(bytes));
    const broken = Buffer.from(bytes).fill(0, 0, 10);
    writeFileSync(draft, broken.subarray(0, 150_000));
    writeFileSync(join(cli.home, "half.back"), "other");
    const { status, stderr } = await cli.call(["object", "get", "album/half", "half.back"]);
    assert.equal(status, 5, stderr);
    assert.ok(!existsSync(draft), "a draft with wrong bytes is thrown away");
    await ok("object", "get", "album/half", "half.back");
    assert.ok(readFileSync(join(cli.home, "half.back")).equals(bytes));
  });

  it("are deleted, and had back where versions are kept", async () => {
    writeFileSync(join(cli.home, "note.txt"), "a note");
    await ok("object", "put", "note.txt", "album");
    assert.equal((await ok("object", "cat", "album/note.txt")).stdout, "a note");
    await ok("object", "delete", "album/note.txt");
    assert.equal((await cli.call(["object", "cat", "album/note.txt"])).status, 4);
    assert.match((await ok("object", "list", "album/note", "--versions")).stdout, /deleted/);
    await ok("object", "restore", "album/note.txt");
    assert.equal((await ok("object", "cat", "album/note.txt")).stdout, "a note");
    const asked = await cli.call(["object", "delete", "album/2026/", "--recursive"]);
    assert.equal(asked.status, 2, "a tree is deleted only by who means it");
    await ok("object", "delete", "album/2026/", "--recursive", "--yes");
  });

  it("never leave the folder that they are fetched into, whatever their keys are", async () => {
    for (const key of ["../up", "a/../../up", "/abs", "a//b", "a\\b", ".", ""])
      assert.equal(safePath("/tmp/here", key), undefined, key);
    assert.equal(safePath("/tmp/here", "a/b"), "/tmp/here/a/b");
    const commit = inlineCommit("album", "evil/../../../up.txt", "x");
    await service.store.catalog.commit({ ...commit, callId: randomUUID() }, Buffer.from("x"));
    const { status, stderr } = await cli.call(["object", "get", "album/evil/", "evil"]);
    assert.equal(status, 4);
    assert.match(stderr, /no path that a file could have/);
  });
});

describe("buckets, keys, drives and the store from the command line", () => {
  it("are made, configured and deleted", async () => {
    await ok("bucket", "config", "album", "--encryption", "on", "--public", "refuse");
    const config = await json("bucket", "config", "album");
    assert.equal(config["encryption"], "AES256");
    writeFileSync(
      join(cli.home, "rules.yaml"),
      "lifecycle:\n  - id: old\n    enabled: true\n    expireDays: 30\n",
    );
    await ok("bucket", "config", "album", "--file", "rules.yaml");
    assert.match((await ok("bucket", "config", "album")).stdout, /expireDays: 30/);
    await ok("bucket", "create", "scratch");
    await ready("scratch");
    await service.store.catalog.commit(inlineCommit("scratch", "a", "b"), Buffer.from("b"));
    await ok("bucket", "delete", "scratch", "--empty", "--yes");
    assert.equal(service.store.configuration.bucket("scratch"), undefined);
  });

  it("print a pair once, in the form that S3's tools read, and end it at once", async () => {
    const { stdout } = await ok("key", "create", "laptop", "--access", "read", "--bucket", "album");
    const id = /^AWS_ACCESS_KEY_ID=(VDC\S+)$/m.exec(stdout)?.[1] ?? "";
    assert.match(stdout, /^AWS_ENDPOINT_URL_S3=http:\/\/127/m);
    assert.deepEqual(service.store.configuration.key(id)?.scope, { buckets: ["album"], access: "read" });
    assert.match((await ok("key", "list")).stdout, /laptop +active/);
    await ok("key", "revoke", "laptop", id, "--yes");
    assert.equal(service.store.configuration.key(id), undefined);
  });

  it("show drives, add one, and drill it", async () => {
    await waitFor(async () => ((await ok("drive", "list")).stdout.includes("drive-1") ? true : undefined), {
      withinMs: 10_000,
      what: "the first drive has a name",
    });
    await ok("drive", "add", "/mnt/two");
    await waitFor(async () => (/drive-2 +ok/.test((await ok("drive", "list")).stdout) ? true : undefined), {
      withinMs: 10_000,
      what: "the second drive is in the store",
    });
    await ok("drive", "drill", "drive-2", "stall", "--for", "5s", "--yes");
    assert.match((await ok("drive", "list")).stdout, /drill: stall/);
    await ok("drive", "drill", "drive-2", "--end");
    assert.equal((await cli.call(["drive", "drill", "drive-2", "melt", "--yes"])).status, 2);
    assert.equal((await cli.call(["drive", "fail", "drive-2"])).status, 2, "it asks first");
    await ok("drive", "remove", "drive-2", "--yes");
  });

  it("say how the store is, and follow its work to the end", async () => {
    const { stdout } = await ok("object-store", "status");
    assert.match(stdout, /phase +serving/);
    assert.match((await ok("object-store", "scrub")).stdout, /scrub done/);
    assert.equal((await cli.call(["object-store", "rebuild"])).status, 2, "it asks first");
    await ok("object-store", "rebuild", "--yes");
  });
});

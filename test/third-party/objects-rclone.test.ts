import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ClientPrograms, without } from "./objects/client-program.ts";
import { digests, oddNames, sha256 } from "./objects/odd-files.ts";
import { workplace, type Workplace } from "./objects/workplace.ts";

describe("Debian's rclone and the object store", { skip: without("rclone", "curl") }, () => {
  let place: Workplace;
  let programs: ClientPrograms;
  const large = randomBytes(30_000_000); // six parts of 5 MiB

  before(async () => {
    place = await workplace();
    const { store, home } = place;
    const configuration = [
      "[vdc]",
      "type = s3",
      "provider = Other",
      `endpoint = ${store.endpoint}`,
      `region = ${store.region}`,
      `access_key_id = ${store.accessKeyId}`,
      `secret_access_key = ${store.secretAccessKey}`,
      "chunk_size = 5Mi",
      "upload_cutoff = 8Mi",
    ];
    writeFileSync(join(home, "rclone.conf"), configuration.join("\n"), { mode: 0o600 });
    writeFileSync(join(home, "large"), large);
    // What fails once fails the test.
    programs = new ClientPrograms(home, {
      RCLONE_CONFIG: join(home, "rclone.conf"),
      RCLONE_RETRIES: "1",
      RCLONE_LOW_LEVEL_RETRIES: "1",
    });
    await rclone("mkdir", "vdc:pictures");
  });
  after(() => place[Symbol.asyncDispose]());

  const rclone = async (...words: readonly string[]) => await programs.run("rclone", ...words);
  const names = async (path: string) =>
    (await rclone("lsf", "-R", "--files-only", path)).trimEnd().split("\n").toSorted();

  it("copy a tree up and find every hash equal, then every byte", async () => {
    await rclone("copy", "files", "vdc:pictures/tree");
    assert.deepEqual(await names("vdc:pictures/tree"), oddNames.toSorted());
    for (const how of [[], ["--download"]]) await rclone("check", ...how, "files", "vdc:pictures/tree");
    const again = await rclone("sync", "-v", "--use-json-log", "files", "vdc:pictures/tree");
    assert.equal(again, "");
    await rclone("copy", "vdc:pictures/tree", "back");
    assert.deepEqual(digests(join(place.home, "back")), digests(place.files));
  });

  it("notice one changed byte, and bring it back by sync", async () => {
    writeFileSync(join(place.home, "changed"), randomBytes(128 * 1024));
    await rclone("copyto", "changed", "vdc:pictures/tree/a b/at the border");
    await rclone("copyto", "changed", "vdc:pictures/tree/too much");
    const said = await programs.refusal("rclone", "check", "files", "vdc:pictures/tree");
    assert.match(said, /2 differences found/);
    await rclone("sync", "--checksum", "files", "vdc:pictures/tree");
    await rclone("check", "files", "vdc:pictures/tree");
  });

  it("copy and move within the store without fetching anything", async () => {
    await rclone("copy", "vdc:pictures/tree", "vdc:pictures/copy");
    await rclone("check", "vdc:pictures/tree", "vdc:pictures/copy");
    await rclone("copyto", "large", "vdc:pictures/large");
    // The hash of an object in parts is in metadata that rclone wrote, and must survive a move.
    const said = await rclone("-v", "moveto", "vdc:pictures/large", "vdc:pictures/moved//large");
    assert.equal(said, "");
    const md5 = createHash("md5").update(large).digest("hex");
    assert.match(await rclone("md5sum", "vdc:pictures/moved"), new RegExp(`^${md5} `));
  });

  it("stream what has no known length, in parts, and read from the middle", async () => {
    await programs.bytes(["rclone", "rcat", "vdc:pictures/streamed"], large);
    assert.equal(sha256(await programs.bytes(["rclone", "cat", "vdc:pictures/streamed"])), sha256(large));
    const middle = ["rclone", "cat", "--offset", "5242870", "--count", "20", "vdc:pictures/streamed"];
    assert.ok((await programs.bytes(middle)).equals(large.subarray(5_242_870, 5_242_890)));
    await rclone("touch", "--timestamp", "2020-02-03T04:05:06", "vdc:pictures/streamed");
    const stat = JSON.parse(await rclone("lsjson", "--stat", "vdc:pictures/streamed")) as { ModTime: string }; // as rclone says
    assert.match(stat.ModTime, /^2020-02-03T04:05:06/);
  });

  it("make a link that curl can open", async () => {
    const address = (await rclone("link", "--expire", "60s", "vdc:pictures/streamed")).trim();
    assert.equal(sha256(await programs.bytes(["curl", "-sSf", address])), sha256(large));
  });

  it("turn versions on, delete, and read what was there before", async () => {
    assert.equal((await rclone("backend", "versioning", "vdc:pictures", "Enabled")).trim(), "Enabled");
    await programs.bytes(["rclone", "rcat", "vdc:pictures/note.txt"], Buffer.from("kept"));
    await rclone("deletefile", "vdc:pictures/note.txt");
    assert.doesNotMatch(await rclone("lsf", "vdc:pictures"), /note/);
    const listed = async () => (await rclone("lsf", "--s3-versions", "vdc:pictures")).match(/^note-v.*$/gm);
    const versions = await listed();
    assert.equal(versions?.length, 1);
    assert.equal(await rclone("cat", "--s3-versions", `vdc:pictures/${versions?.[0]}`), "kept");
    await rclone("backend", "cleanup-hidden", "vdc:pictures");
    assert.equal(await listed(), null);
  });

  it("purge a bucket and everything in it", async () => {
    await rclone("cleanup", "vdc:pictures");
    await rclone("purge", "vdc:pictures");
    assert.equal(await rclone("lsd", "vdc:"), "");
  });
});

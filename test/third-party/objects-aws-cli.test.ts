import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ClientPrograms, without } from "./objects/client-program.ts";
import { digests, oddNames, sha256 } from "./objects/odd-files.ts";
import { workplace, type Workplace } from "./objects/workplace.ts";

describe("Debian's aws-cli and the object store", { skip: without("aws", "curl") }, () => {
  let place: Workplace;
  let programs: ClientPrograms;
  const large = randomBytes(30_000_000); // four parts of 8 MiB

  before(async () => {
    place = await workplace();
    const { store, home } = place;
    programs = new ClientPrograms(home, {
      AWS_ACCESS_KEY_ID: store.accessKeyId,
      AWS_SECRET_ACCESS_KEY: store.secretAccessKey,
      AWS_DEFAULT_REGION: store.region,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_MAX_ATTEMPTS: "1",
    });
    writeFileSync(join(home, "large"), large);
    await aws("s3", "mb", "s3://pictures");
  });
  after(() => place[Symbol.asyncDispose]());

  const words = (given: readonly string[]) => ["aws", "--endpoint-url", place.store.endpoint, ...given];
  const aws = async (...given: readonly string[]) => await programs.run(...words(given));
  const api = async (call: string, ...given: readonly string[]) => {
    const answer = await aws("s3api", call, "--output", "json", ...given);
    return (answer === "" ? {} : JSON.parse(answer)) as Readonly<Record<string, unknown>>; // aws-cli prints objects
  };
  const apiRefusal = async (...given: readonly string[]) =>
    await programs.refusal(...words(["s3api", ...given]));

  it("sync a tree up and down, then have nothing left to do, and delete what is gone", async () => {
    await aws("s3", "sync", "files", "s3://pictures/tree");
    const listed = await aws("s3", "ls", "--recursive", "s3://pictures/tree");
    assert.deepEqual(
      [...listed.matchAll(/ tree\/(.*)$/gm)].map(([, name]) => name),
      oddNames,
    );
    await aws("s3", "sync", "s3://pictures/tree", "back");
    assert.deepEqual(digests(join(place.home, "back")), digests(place.files));
    assert.equal(await aws("s3", "sync", "files", "s3://pictures/tree"), "");
    rmSync(join(place.home, "back", "deep"), { recursive: true });
    const removed = await aws("s3", "sync", "--delete", "back", "s3://pictures/tree");
    assert.equal(removed.match(/^delete: s3:\/\/pictures\/tree\/deep\//gm)?.length, 2, removed);
  });

  it("upload 30 MB in parts, move it within the store, and stream it back", async () => {
    await aws("s3", "cp", "large", "s3://pictures/large", "--metadata", "colour=blue");
    await aws("s3", "mv", "s3://pictures/large", "s3://pictures/moved //twice");
    const head = await api("head-object", "--bucket", "pictures", "--key", "moved //twice");
    assert.equal(head["ContentLength"], large.byteLength);
    assert.match(String(head["ETag"]), /^"[0-9a-f]{32}-4"$/);
    assert.deepEqual(head["Metadata"], { colour: "blue" });
    const back = await programs.bytes(words(["s3", "cp", "s3://pictures/moved //twice", "-"]));
    assert.equal(sha256(back), sha256(large));
    assert.match(await apiRefusal("head-object", "--bucket", "pictures", "--key", "large"), /\(404\)/);
    await programs.bytes(words(["s3", "cp", "-", "s3://pictures/piped"]), large);
    const piped = ["--bucket", "pictures", "--key", "piped"];
    const tail = await api("get-object", ...piped, "--range", "bytes=-10", "tail");
    assert.equal(tail["ContentRange"], "bytes 29999990-29999999/30000000");
    await aws("s3", "rm", "s3://pictures/piped");
  });

  it("read and copy by condition, and hear why not", async () => {
    const at = ["--bucket", "pictures", "--key", "condition"];
    writeFileSync(join(place.home, "body"), "first");
    const { ETag } = await api("put-object", ...at, "--body", "body");
    const tag = String(ETag);
    assert.match(await apiRefusal("get-object", ...at, "--if-none-match", tag, "got"), /\(304\)/);
    assert.match(await apiRefusal("get-object", ...at, "--if-match", '"other"', "got"), /PreconditionFailed/);
    await api("get-object", ...at, "--if-match", tag, "got");
    const copy = ["--bucket", "pictures", "--key", "copied", "--copy-source", "pictures/condition"];
    assert.match(
      await apiRefusal("copy-object", ...copy, "--copy-source-if-none-match", tag),
      /PreconditionFailed/,
    );
    await api("copy-object", ...copy, "--copy-source-if-match", tag);
  });

  it("store every checksum that it can ask for", async () => {
    writeFileSync(join(place.home, "body"), "checked");
    for (const algorithm of ["CRC32", "CRC32C", "SHA1", "SHA256"]) {
      const at = ["--bucket", "pictures", "--key", `sum-${algorithm}`];
      const field = `Checksum${algorithm}`;
      const put = await api("put-object", ...at, "--body", "body", "--checksum-algorithm", algorithm);
      assert.match(String(put[field]), /^[A-Za-z0-9+/]+=*$/);
      const got = await api("get-object", ...at, "--checksum-mode", "ENABLED", "got");
      assert.equal(got[field], put[field]);
    }
  });

  it("delete many at once, and keep versions when told to", async () => {
    await aws("s3", "mb", "s3://versions");
    await api(
      "put-bucket-versioning",
      "--bucket",
      "versions",
      "--versioning-configuration",
      "Status=Enabled",
    );
    for (const text of ["one", "two"]) {
      writeFileSync(join(place.home, "body"), text);
      await aws("s3", "cp", "body", "s3://versions/kept");
    }
    await aws("s3", "rm", "--recursive", "s3://versions");
    const listed = await api("list-object-versions", "--bucket", "versions");
    // As the API says them.
    const versions = listed["Versions"] as readonly { readonly VersionId: string }[];
    const markers = listed["DeleteMarkers"] as readonly { readonly VersionId: string }[];
    assert.deepEqual([versions.length, markers.length], [2, 1]);
    const old = ["--bucket", "versions", "--key", "kept", "--version-id", versions[1]?.VersionId ?? ""];
    await api("get-object", ...old, "got");
    assert.match(await programs.refusal(...words(["s3", "rb", "s3://versions"])), /BucketNotEmpty/);
    const Objects = [...versions, ...markers].map(({ VersionId }) => ({ Key: "kept", VersionId }));
    const removed = await api(
      "delete-objects",
      "--bucket",
      "versions",
      "--delete",
      JSON.stringify({ Objects }),
    );
    assert.equal((removed["Deleted"] as readonly unknown[]).length, 3); // a list, says the API
    await aws("s3", "rb", "s3://versions");
  });

  it("presign an address that curl can fetch, and nobody can change", async () => {
    await aws("s3", "cp", "body", "s3://pictures/shared/ü + &.txt");
    const address = (
      await aws("s3", "presign", "s3://pictures/shared/ü + &.txt", "--expires-in", "60")
    ).trim();
    assert.equal(await programs.run("curl", "-sSf", address), "two");
    const code = async (url: string, ...more: string[]) =>
      await programs.run("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", ...more, url);
    assert.equal(await code(address.replace("Expires=60", "Expires=600")), "403");
    assert.equal(await code(address.replace("shared", "secret")), "403");
    assert.equal(await code(address, "-X", "DELETE"), "403");
  });
});

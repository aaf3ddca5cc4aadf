import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ClientPrograms, without } from "./objects/client-program.ts";
import { digests, oddNames, sha256 } from "./objects/odd-files.ts";
import { workplace, type Workplace } from "./objects/workplace.ts";

describe("Debian's s3cmd and the object store", { skip: without("s3cmd", "curl") }, () => {
  let place: Workplace;
  let programs: ClientPrograms;
  const large = randomBytes(17_000_000); // four parts of 5 MiB

  before(async () => {
    place = await workplace();
    const { store, home } = place;
    programs = new ClientPrograms(home);
    const configuration = [
      "[default]",
      `access_key = ${store.accessKeyId}`,
      `secret_key = ${store.secretAccessKey}`,
      `host_base = ${store.address}`,
      `host_bucket = ${store.address}/%(bucket)`,
      `bucket_location = ${store.region}`,
      "use_https = False",
      "multipart_chunk_size_mb = 5",
      "max_retries = 1",
      "progress_meter = False",
    ];
    writeFileSync(join(home, ".s3cfg"), configuration.join("\n"), { mode: 0o600 });
    writeFileSync(join(home, "large"), large);
    await s3cmd("mb", "s3://pictures");
  });
  after(() => place[Symbol.asyncDispose]());

  const s3cmd = async (...words: readonly string[]) => await programs.run("s3cmd", ...words);
  const refusal = async (...words: readonly string[]) => await programs.refusal("s3cmd", ...words);

  it("sync a tree up and down, list it, and delete it", async () => {
    await s3cmd("sync", "files/", "s3://pictures/tree/");
    const listed = await s3cmd("ls", "-r", "s3://pictures/tree/");
    assert.deepEqual(
      [...listed.matchAll(/s3:\/\/pictures\/tree\/(.*)$/gm)].map(([, name]) => name),
      oddNames,
    );
    mkdirSync(join(place.home, "back"));
    await s3cmd("get", "--recursive", "s3://pictures/tree/", "back/");
    assert.deepEqual(digests(join(place.home, "back")), digests(place.files));
    assert.equal(await s3cmd("sync", "files/", "s3://pictures/tree/"), "");
    assert.match(await s3cmd("ls", "s3://pictures/tree/"), /DIR {2}s3:\/\/pictures\/tree\/a b\/$/m);
    await s3cmd("del", "-r", "s3://pictures/tree/");
    assert.equal(await s3cmd("ls", "-r", "s3://pictures/tree/"), "");
  });

  it("put a file in parts, copy and move it, change its metadata, and get it back", async () => {
    await s3cmd("put", "large", "s3://pictures/large");
    await s3cmd("cp", "s3://pictures/large", "s3://pictures/copy");
    await s3cmd("mv", "s3://pictures/copy", "s3://pictures/moved + away");
    await s3cmd("modify", "--add-header=x-amz-meta-colour:blue", "s3://pictures/moved + away");
    const info = await s3cmd("info", "s3://pictures/moved + away");
    assert.match(info, /x-amz-meta-colour: blue/);
    assert.match(info, /File size: 17000000/);
    await s3cmd("get", "s3://pictures/moved + away", "moved");
    assert.equal(sha256(readFileSync(join(place.home, "moved"))), sha256(large));
    assert.match(await refusal("info", "s3://pictures/copy"), /404/);
    // Nothing is left of its uploads.
    assert.deepEqual((await s3cmd("multipart", "s3://pictures")).trim().split("\n").length, 2);
  });

  it("open and close a bucket and a single object", async () => {
    const code = async (path: string) => {
      const address = `${place.store.endpoint}/${path}`;
      return await programs.run("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", address);
    };
    for (const path of ["pictures", "pictures/large"]) {
      assert.equal(await code(path), "403");
      await s3cmd("setacl", "--acl-public", `s3://${path}`);
      assert.match(await s3cmd("info", `s3://${path}`), /ACL: +\*anon\*: READ/);
      assert.equal(await code(path), "200");
      await s3cmd("setacl", "--acl-private", `s3://${path}`);
      assert.equal(await code(path), "403");
    }
  });

  it("set an expiry and a policy, read them, and take them away", async () => {
    await s3cmd("expire", "--expiry-days=3", "--expiry-prefix=old/", "s3://pictures");
    assert.match(await s3cmd("getlifecycle", "s3://pictures"), /<Days>3<\/Days>/);
    await s3cmd("dellifecycle", "s3://pictures");
    const Statement = [
      { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::pictures/large" },
    ];
    writeFileSync(join(place.home, "policy"), JSON.stringify({ Version: "2012-10-17", Statement }));
    await s3cmd("setpolicy", "policy", "s3://pictures");
    assert.match(await s3cmd("info", "s3://pictures"), /Policy: +\{"Version"/);
    const address = `${place.store.endpoint}/pictures/large`;
    assert.equal(sha256(await programs.bytes(["curl", "-sSf", address])), sha256(large));
    await s3cmd("delpolicy", "s3://pictures");
    await programs.refusal("curl", "-sSf", "-o", "/dev/null", address);
  });

  it("sign addresses in the old way only, and whoever opens one reads why it is refused", async () => {
    const address = (await s3cmd("signurl", "s3://pictures/large", "+60")).trim();
    assert.match(await programs.run("curl", "-sS", address), /<Code>InvalidRequest<.*AWS4-HMAC-SHA256/);
  });

  it("remove a bucket with all that is in it", async () => {
    assert.match(await refusal("rb", "s3://pictures"), /BucketNotEmpty/);
    await s3cmd("rb", "--recursive", "--force", "s3://pictures");
    assert.equal(await s3cmd("ls"), "");
  });
});

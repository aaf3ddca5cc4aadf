import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, constants, cpSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync, writeSync, closeSync, accessSync } from "node:fs"; // prettier-ignore
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from "@aws-sdk/client-s3";
import { waitFor } from "#test/support/wait-for.ts";
import { ClientPrograms, without } from "./objects/client-program.ts";
import { digests } from "./objects/odd-files.ts";
import { sdk } from "./objects/sdk.ts";
import { workplace, type Workplace } from "./objects/workplace.ts";

const Bucket = "pictures";

describe("Debian's s3fs and the object store", { skip: without("s3fs", "fusermount3") }, () => {
  let place: Workplace;
  let programs: ClientPrograms;
  let client: S3Client;
  let mount = "";
  let options: readonly string[] = [];
  let running: ChildProcess | undefined;
  let said = "";

  before(async () => {
    place = await workplace();
    const { store, home } = place;
    programs = new ClientPrograms(home);
    client = sdk(store);
    await client.send(new CreateBucketCommand({ Bucket }));
    const passwords = join(home, "passwd-s3fs");
    writeFileSync(passwords, `${store.accessKeyId}:${store.secretAccessKey}\n`, { mode: 0o600 });
    mount = join(home, "mount");
    mkdirSync(mount);
    options = ["-o", `url=${store.endpoint},use_path_request_style,endpoint=${store.region},passwd_file=${passwords},multipart_size=5,retries=1`]; // prettier-ignore
  });
  after(async () => {
    if (running !== undefined) await unmount();
    client.destroy();
    await place[Symbol.asyncDispose]();
  });

  const mountIt = async () => {
    running = spawn("/usr/bin/s3fs", [Bucket, mount, "-f", ...options], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [running.stdout, running.stderr])
      stream?.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-8_000)));
    const child = running;
    await waitFor(
      () => {
        assert.equal(child.exitCode, null, `s3fs ended:\n${said}`);
        return readFileSync("/proc/self/mounts", "utf8").includes(` ${mount} `) || undefined;
      },
      { withinMs: 20_000, what: "s3fs is mounted" },
    );
  };
  const unmount = async () => {
    const child = running;
    running = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = once(child, "exit");
    await programs.run("fusermount3", "-u", mount);
    await ended;
  };
  const at = (...names: readonly string[]) => join(mount, ...names);

  it("list unfinished uploads, and forget them", async () => {
    const uploads = async () => await programs.run("s3fs", "--incomplete-mpu-list", Bucket, ...options);
    await client.send(new CreateMultipartUploadCommand({ Bucket, Key: "never/finished" }));
    assert.match(await uploads(), /never\/finished/);
    await programs.run("s3fs", "--incomplete-mpu-abort=all", Bucket, ...options);
    assert.match(await uploads(), /There is no list/);
  });

  it("mount a bucket, and keep a tree in it byte for byte", async (context) => {
    if (!canMount(context)) return;
    await mountIt();
    cpSync(place.files, at("tree"), { recursive: true });
    assert.deepEqual(digests(at("tree")), digests(place.files));
    assert.deepEqual(readdirSync(at("tree", "a b")).toSorted(), [
      "at the border",
      "one byte under.bin",
      "ü 日本",
    ]);
  });

  it("rename files and folders in a mounted bucket, and remove them", async (context) => {
    if (!canMount(context)) return;
    renameSync(at("tree", "empty"), at("tree", "still empty"));
    mkdirSync(at("new folder"));
    renameSync(at("tree", "deep"), at("new folder", "deep"));
    assert.deepEqual(readdirSync(at("tree")).toSorted(), ["a b", "a+b=c;d@e,f$!(g)*~.txt", "still empty"]);
    assert.equal(statSync(at("new folder", "deep", "er", "20 MB.bin")).size, 20_000_000);
    rmSync(at("tree"), { recursive: true });
    assert.ok(!existsSync(at("tree")));
    const left = await client.send(new ListObjectsV2Command({ Bucket, Prefix: "tree" }));
    assert.equal(left.KeyCount, 0);
  });

  it("change the middle and the end of a file in parts, and find that again after mounting anew", async (context) => {
    if (!canMount(context)) return;
    const expected = randomBytes(23_000_000);
    writeFileSync(at("large"), expected);
    const change = randomBytes(1_000_000);
    change.copy(expected, 11_000_000);
    const file = openSync(at("large"), "r+");
    writeSync(file, change, 0, change.byteLength, 11_000_000);
    closeSync(file);
    appendFileSync(at("large"), "the end");
    truncateSync(at("new folder", "deep", "er", "20 MB.bin"), 7);
    await unmount();
    assert.deepEqual(readdirSync(mount), []);
    await mountIt();
    assert.ok(readFileSync(at("large")).equals(Buffer.concat([expected, Buffer.from("the end")])));
    assert.equal(statSync(at("new folder", "deep", "er", "20 MB.bin")).size, 7);
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: "large" }));
    assert.equal(head.ContentLength, 23_000_007);
    await unmount();
  });
});

/** Mounting needs the kernel's FUSE, which some containers do not have. It is said, so that nobody takes the test for one that mounted. */
function canMount(context: TestContext): boolean {
  try {
    accessSync("/dev/fuse", constants.R_OK | constants.W_OK);
    return true;
  } catch {
    context.diagnostic(
      "not mounted: this machine has no /dev/fuse; only that s3fs lists and aborts uploads is shown",
    );
    return false;
  }
}

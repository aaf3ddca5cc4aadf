import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { Agent } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import {
  CreateBucketCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from "@aws-sdk/client-s3";
import { boundFetch } from "#drivers/bound-fetch/bound-fetch.ts";
import { isAlive } from "#drivers/process/identity.ts";
import { systemClock } from "#lib/clock.ts";
import { systemRandom } from "#lib/random.ts";
import { prepareDataDirectory } from "#main/data-directory.ts";
import type { ObjectsPlace } from "#main/parts/objects-part.ts";
import { reserveObjectsPort } from "#main/supervisor/objects-port.ts";
import type { Supervisor } from "#main/supervisor/supervisor.ts";
import { version } from "#main/version.ts";
import { CatalogConnection } from "#objects/wire/client.ts";
import { superviseObjects } from "#test/support/objects-supervisor.ts";
import { waitFor } from "#test/support/wait-for.ts";
import { adminSocketPath, liveProcesses, type ObjectsIdentity } from "./identity.ts";

const folder = mkdtempSync(join(tmpdir(), "vdc-obj-"));
const directory = prepareDataDirectory(folder);
let supervisor: Supervisor;
let place: ObjectsPlace;
let control: CatalogConnection;

before(async () => {
  // As `vdc` does; a start without compiled code takes several times as long.
  process.env["NODE_COMPILE_CACHE"] ??= join(folder, "compiled");
  using reserved = await reserveObjectsPort({ count: 1, host: "127.0.0.1", port: 0, drives: [] }, directory);
  place = { host: "127.0.0.1", port: reserved.port, region: "us-east-1", domains: ["s3.localhost"] };
  supervisor = superviseObjects({ dataDirectory: folder, place, version });
  await supervisor.start();
  reserved[Symbol.dispose](); // the front has its port
  control = new CatalogConnection({
    name: "control",
    connect: () => connect({ path: directory.catalogSocket }),
    clock: systemClock,
    random: systemRandom,
    later: setImmediate,
  });
  const key = {
    ...credentials,
    owner: "system",
    project: "default",
    scope: { access: "full" },
    createdAt: 0,
  } as const;
  await control.catalog().putKey({ key });
  await s3().send(new CreateBucketCommand({ Bucket: "pictures" }));
});
after(async () => {
  control.close();
  await supervisor.stop();
  rmSync(folder, { recursive: true, force: true });
});

const credentials = { accessKeyId: "AKIAVDCTEST000000001", secretAccessKey: "only-of-this-test" };

function s3(options: S3ClientConfig = {}): S3Client {
  return new S3Client({
    endpoint: `http://127.0.0.1:${place.port}`,
    region: place.region,
    forcePathStyle: true,
    credentials,
    maxAttempts: 1,
    ...options,
  });
}

function serving(name: string): ObjectsIdentity {
  const found = liveProcesses(directory.objectsRun, name).findLast(({ state }) => state === "ready");
  assert.ok(found !== undefined, `${name} serves`);
  return found;
}

async function frontSays(path: string): Promise<string> {
  const socket = adminSocketPath(directory.objectsRun, serving("objects-1"));
  const bound = boundFetch({ via: "unix-socket", path: socket }, { idleMs: 5_000 });
  return await (await bound.fetch(`http://front${path}`, { method: "GET" })).text();
}

/** Clients that write objects and read them back, small and large ones, until they are stopped. */
function startLoad(clients: number): {
  /** Resolves when so many more have been written and read back. */
  readonly more: (count: number) => Promise<unknown>;
  readonly stop: () => Promise<{ done: number; failures: readonly string[] }>;
} {
  const stopping = new AbortController();
  const failures: string[] = [];
  let done = 0;
  const client = async (name: number) => {
    // Every second one keeps its connections.
    const requestHandler =
      name % 2 === 0 ? {} : { requestHandler: { httpAgent: new Agent({ keepAlive: false }) } };
    const own = s3(requestHandler);
    const body = Buffer.alloc(name % 4 === 0 ? 700_000 : 4_000, name);
    for (let turn = 0; !stopping.signal.aborted; turn += 1) {
      body.writeUInt32LE(turn); // a read must see this write, not the one before it
      const at = { Bucket: "pictures", Key: `${name}/${turn % 7}` };
      try {
        await own.send(new PutObjectCommand({ ...at, Body: body }));
        const got = await own.send(new GetObjectCommand(at));
        const bytes = await got.Body?.transformToByteArray();
        if (!body.equals(bytes ?? new Uint8Array())) failures.push("other bytes");
        done += 1;
      } catch (error) {
        failures.push(error instanceof Error ? `${error.name} ${error.message}` : String(error));
      }
    }
    own.destroy();
  };
  const running = Array.from({ length: clients }, async (_, name) => await client(name));
  return {
    more: async (count) => {
      const wanted = done + count;
      const isReached = () => done >= wanted || failures.length > 0 || undefined;
      return await waitFor(isReached, { withinMs: 30_000, what: "some objects" });
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
      return { done, failures };
    },
  };
}

describe("the processes of the object store", () => {
  it("make a store on three drives, and keep everything for their own user", async () => {
    const status = await control.admin().status({});
    assert.deepEqual(
      [status.phase, status.layout, status.buckets],
      ["serving", { k: 2, m: 1, copies: 2 }, 1],
    );
    for (const name of ["master.key", "drives.json", "witness", "index.db"])
      assert.equal(statSync(join(directory.objects, name)).mode & 0o777, 0o600, name);
    for (const file of readdirSync(directory.objectsRun))
      assert.equal(statSync(join(directory.objectsRun, file)).mode & 0o777, 0o600, file);
    const drives = await control.admin().drives({});
    assert.deepEqual(
      drives.map(({ state }) => state),
      ["ok", "ok", "ok"],
    );
  });

  it("serve objects of any size, and count what they did", async () => {
    const client = s3();
    for (const size of [0, 10, 128 * 1024, 128 * 1024 + 1, 3_000_000]) {
      const body = Buffer.alloc(size, 65);
      const at = { Bucket: "pictures", Key: `size/${size}` };
      await client.send(new PutObjectCommand({ ...at, Body: body }));
      const got = await client.send(new GetObjectCommand(at));
      assert.ok(body.equals((await got.Body?.transformToByteArray()) ?? new Uint8Array([1])), String(size));
    }
    client.destroy();
    const large = await control.admin().layout({ bucket: "pictures", key: "size/3000000", verify: true });
    assert.deepEqual(
      large.extents[0]?.shards.map(({ state }) => state),
      ["good", "good", "good"],
    );
    const metrics = await frontSays("/metrics");
    assert.match(metrics, /^vdc_objects_request_seconds_count\{.*operation="PutObject",status="200"\} \d+$/m);
    assert.match(metrics, /^vdc_objects_catalog_connected\{.*\} 1$/m);
  });

  it("do not let one request fail while the catalog is killed again and again, and it is back at once", async () => {
    const load = startLoad(8);
    const back: number[] = [];
    for (let kill = 0; kill < 3; kill += 1) {
      await load.more(8);
      const old = serving("catalog");
      process.kill(old.pid, "SIGKILL");
      const killedAt = systemClock.monotonic();
      await control.admin().work({}); // sent again until it is answered
      await control.catalog().list({ bucket: "pictures", prefix: "", delimiter: "", limit: 1, after: "" });
      back.push(systemClock.monotonic() - killedAt);
      await waitFor(
        () => liveProcesses(directory.objectsRun, "catalog").find(({ state }) => state === "ready"),
        {
          withinMs: 10_000,
          what: "the next catalog",
        },
      );
    }
    await load.more(8);
    const { failures } = await load.stop();
    assert.deepEqual(failures, []);
    // A bound for a busy machine; by itself it takes a third of a second.
    assert.ok(
      back.every((ms) => ms < 5_000),
      String(back),
    );
    const { counters } = await control.admin().status({});
    assert.equal(counters.brokenPromises, 0);
  });

  it("hand a front over to its successor under load without one failed request", async () => {
    const old = serving("objects-1");
    const load = startLoad(8);
    await load.more(8);
    assert.deepEqual(await supervisor.restart("objects-1"), { note: "handed over" });
    await waitFor(() => (isAlive(old) ? undefined : true), { withinMs: 20_000, what: "the old front's end" });
    await load.more(8);
    const { failures } = await load.stop();
    assert.deepEqual(failures, []);
    assert.notEqual(serving("objects-1").pid, old.pid);
  });

  it("hold while too few drives are there, say so, and go on as soon as they are back", async () => {
    const { pid } = serving("catalog");
    const away = join(directory.objects, "away");
    const path = join(directory.objects, "drive-");
    for (const number of [1, 2]) renameSync(`${path}${number}`, `${away}-${number}`);
    process.kill(pid, "SIGKILL");
    const holding = async () => {
      const status = await control.admin().status({});
      return status.phase === "holding" ? status : undefined;
    };
    const status = await waitFor(holding, { withinMs: 10_000, what: "a catalog that holds" });
    assert.ok((status.reason ?? "").length > 10);
    const client = s3();
    const writing = client.send(new PutObjectCommand({ Bucket: "pictures", Key: "held", Body: "held" }));
    for (const number of [1, 2]) renameSync(`${away}-${number}`, `${path}${number}`);
    assert.equal((await writing).$metadata.httpStatusCode, 200);
    client.destroy();
  });

  it("are adopted by the next supervisor when theirs is killed", async () => {
    await supervisor.stop();
    assert.deepEqual(liveProcesses(directory.objectsRun), []);
    const options = JSON.stringify({ dataDirectory: folder, place, version });
    const program = fileURLToPath(new URL("../../../test/support/objects-supervisor.ts", import.meta.url));
    const child = fork(program, [options], { execArgv: ["--disable-warning=ExperimentalWarning"] });
    const [pids] = (await once(child, "message")) as [number[]];
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    supervisor = superviseObjects({ dataDirectory: folder, place, version });
    await supervisor.start();
    assert.deepEqual(
      supervisor.status().map(({ pid }) => pid),
      pids,
    );
    const client = s3();
    const got = await client.send(new GetObjectCommand({ Bucket: "pictures", Key: "held" }));
    assert.equal(await got.Body?.transformToString(), "held");
    client.destroy();
  });
});

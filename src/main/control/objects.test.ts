import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { VdcError } from "#api/errors.ts";
import { bucketKind, type BucketStatus } from "#api/kinds/bucket.ts";
import { driveKind, type DriveStatus } from "#api/kinds/drive.ts";
import { keyKind, keySpecSchema, type KeyStatus } from "#api/kinds/key.ts";
import { projectKind } from "#api/kinds/project.ts";
import { secretLabel } from "#api/objects.ts";
import type { Client } from "#api/client.ts";
import type { KindDefinition } from "#api/kind.ts";
import type { Operation } from "#api/records.ts";
import type { Resource } from "#api/resource.ts";
import { isRefused } from "#objects/control/bucket/empty.ts";
import { startDataCenter, type TestDataCenter } from "#test/support/data-center.ts";
import { memoryObjectStore, type MemoryObjectStore } from "#test/support/object-store.ts";
import { adminWorld, type AdminWorld } from "#test/support/object-store-admin.ts";
import { inlineCommit, newBucket } from "#test/support/object-store-world.ts";
import { waitFor } from "#test/support/wait-for.ts";

let center: TestDataCenter;
let store: MemoryObjectStore;
let world: AdminWorld;
let client: Client;
const project = "shop";

before(async () => {
  store = await memoryObjectStore();
  world = adminWorld(store);
  center = await startDataCenter({ objects: world.here });
  client = center.local;
  for (const name of [project, "other"])
    await client.apply(projectKind, { name, spec: projectKind.spec.parse({ title: name }) });
});
after(async () => await center.stop());

const soon = (what: string) => ({ withinMs: 20_000, what });
const fails = (code: string) => (error: unknown) => error instanceof VdcError && error.code === code;

async function found(kind: KindDefinition, name: string): Promise<Resource | undefined> {
  const key = kind.scope === "project" ? { project, name } : { name };
  return await client.get(kind, key).catch((error: unknown) => {
    if (error instanceof VdcError && error.code === "not-found") return undefined;
    throw error;
  });
}

function reasonOf({ status }: Resource): string {
  return typeof status["reason"] === "string" ? status["reason"] : "";
}

/** The resource once its status is so. */
async function settled<Status>(
  kind: KindDefinition,
  name: string,
  is: (status: Status) => boolean,
): Promise<Resource & { readonly status: Status }> {
  return await waitFor(
    async () => {
      const one = await found(kind, name);
      return one !== undefined && is(one.status as Status)
        ? (one as Resource & { readonly status: Status }) // as the kind's schema says
        : undefined;
    },
    soon(`${kind.kind} ${name}`),
  );
}

const gone = async (kind: KindDefinition, name: string) =>
  await waitFor(
    async () => ((await found(kind, name)) === undefined ? true : undefined),
    soon(`${name} is gone`),
  );

async function makeBucket(name: string, spec: Record<string, unknown> = {}): Promise<void> {
  await client.apply(bucketKind, { project, name, spec: bucketKind.spec.parse(spec) });
  await settled<BucketStatus>(bucketKind, name, ({ phase }) => phase === "ready");
}

const put = async (bucket: string, key: string, body: string) =>
  await store.catalog.commit(inlineCommit(bucket, key, body), Buffer.from(body));

describe("bucket resources", () => {
  it("make a bucket in the catalog, and show what it is", async () => {
    await makeBucket("pictures", { versioning: true });
    const record = store.configuration.bucket("pictures");
    assert.equal(record?.project, project);
    assert.equal(record?.versioning, "enabled");
    const { status } = (await found(bucketKind, "pictures")) as unknown as { readonly status: BucketStatus }; // it was settled
    assert.equal(status.endpoint, "http://127.0.0.1:9000");
    assert.equal(status.origin, "resource");
    assert.equal(status.isPublic, false);
  });

  it("are made of a bucket that an S3 client made, in the project that owns it, and go when it is deleted there", async () => {
    const callId = randomUUID();
    await store.catalog.createBucket({ callId, bucket: newBucket("by.client", { project }) });
    const named = async () =>
      (await client.list(bucketKind, { project })).items.find(({ spec }) => spec["s3Name"] === "by.client");
    const one = await waitFor(named, soon("the bucket is imported"));
    await settled<BucketStatus>(bucketKind, one.name, ({ origin }) => origin === "s3");
    await store.catalog.deleteBucket({ callId: randomUUID(), name: "by.client" });
    await gone(bucketKind, one.name);
  });

  it("are refused with the reason when another project has the name", async () => {
    const taken = newBucket("taken", { project: "other" });
    await store.catalog.createBucket({ callId: randomUUID(), bucket: taken });
    const spec = bucketKind.spec.parse({});
    await client.apply(bucketKind, { project, name: "taken", spec });
    const one = await settled<BucketStatus>(bucketKind, "taken", ({ phase }) => phase === "refused");
    assert.match(reasonOf(one), /another project/);
    await client.delete(bucketKind, { project, name: "taken" });
    await gone(bucketKind, "taken");
    assert.equal(store.configuration.bucket("taken")?.project, "other", "what is another's stays");
  });

  it("wait for their deletion until they are empty", async () => {
    await makeBucket("full", { versioning: true });
    await put("full", "a", "one");
    await put("full", "a", "two");
    await client.delete(bucketKind, { project, name: "full" });
    const waiting = await settled<BucketStatus>(bucketKind, "full", ({ phase }) => phase === "emptying");
    assert.match(reasonOf(waiting), /2 versions/);
    const remedy = "`vdc object delete full/ --recursive --all-versions --project shop`";
    assert.ok(reasonOf(waiting).includes(remedy), reasonOf(waiting));
    const params = { project, name: "full" };
    const { items } = await client.call(client.routes["bucket.objects"], {
      params,
      query: { versions: "true" },
    });
    const targets = items.map(({ key, versionId }) => ({
      key,
      ...(versionId === undefined ? {} : { versionId }),
    }));
    await client.call(client.routes["bucket.delete-objects"], { params, body: { targets } });
    await gone(bucketKind, "full");
    assert.equal(store.configuration.bucket("full"), undefined);
  });

  it("are emptied of every version, marker and upload when they are deleted so", async () => {
    await makeBucket("scratch", { versioning: true, whenDeleted: "empty" });
    await put("scratch", "a", "one");
    await put("scratch", "a", "two");
    const target = { callId: randomUUID(), bucket: "scratch", key: "a" };
    await store.catalog.remove({ ...target, bypassGovernance: false, writer: "tester" });
    const upload = { key: "b", headers: { user: {} }, encrypted: false, writer: "tester" };
    await store.catalog.createUpload({ callId: randomUUID(), bucket: "scratch", upload });
    await client.delete(bucketKind, { project, name: "scratch" });
    await gone(bucketKind, "scratch");
    assert.equal(store.configuration.bucket("scratch"), undefined);
  });

  it("keep what is locked, and say so, also when they are to be emptied", async () => {
    await makeBucket("records", { objectLock: true, whenDeleted: "empty" });
    const version = { retention: { mode: "COMPLIANCE", until: Date.now() + 3_600_000 } };
    const commit = inlineCommit("records", "a", "one");
    const locked = { ...commit, version: { ...commit.version, ...version } } as typeof commit; // a retention is part of a version
    await store.catalog.commit(locked, Buffer.from("one"));
    await client.delete(bucketKind, { project, name: "records" });
    const waiting = await settled<BucketStatus>(
      bucketKind,
      "records",
      ({ phase, reason }) => phase === "emptying" && reason?.includes("cannot be removed") === true,
    );
    assert.match(reasonOf(waiting), /1 version/);
  });
});

describe("access keys", () => {
  const issue = async (name: string, revokeOthers = false) =>
    await client.call(client.routes["key.issue"], { params: { project, name }, body: { revokeOthers } });
  const pairs = async (name: string) => {
    const key = await found(keyKind, name);
    return store.opened.configuration.keys().filter(({ owner }) => owner === key?.id);
  };

  it("have at most two live pairs, whose secret is in no audit entry and no status", async () => {
    await client.apply(keyKind, { project, name: "laptop", spec: keySpecSchema.parse({ access: "write" }) });
    const first = await issue("laptop");
    assert.match(first.accessKeyId, /^VDC[A-Z2-7]{17}$/);
    assert.equal(first.secretAccessKey.length, 40);
    assert.equal(store.configuration.key(first.accessKeyId)?.scope.access, "write");
    const second = await issue("laptop");
    const third = await issue("laptop");
    assert.deepEqual(
      (await pairs("laptop")).map(({ accessKeyId }) => accessKeyId).toSorted(),
      [second.accessKeyId, third.accessKeyId].toSorted(),
    );
    const last = await issue("laptop", true);
    assert.deepEqual(
      (await pairs("laptop")).map(({ accessKeyId }) => accessKeyId),
      [last.accessKeyId],
    );
    const { items } = await client.call(client.routes["audit.list"], { query: { limit: 100 } });
    assert.ok(
      items.some(({ verb, detail }) => verb === "issue" && detail?.["accessKeyId"] === last.accessKeyId),
    );
    const said = JSON.stringify([items, await found(keyKind, "laptop")]);
    for (const { secretAccessKey } of [first, second, third, last])
      assert.ok(!said.includes(secretAccessKey));
  });

  it("give their pairs the scope that they have now, and take them along when they go", async () => {
    await client.apply(keyKind, { project, name: "ci", spec: keySpecSchema.parse({}) });
    const { accessKeyId } = await issue("ci");
    await client.patch(keyKind, { project, name: "ci" }, { spec: { access: "read", buckets: ["builds"] } });
    await waitFor(
      () => (store.configuration.key(accessKeyId)?.scope.access === "read" ? true : undefined),
      soon("the scope is narrower"),
    );
    assert.deepEqual(store.configuration.key(accessKeyId)?.scope.buckets, ["builds"]);
    await client.delete(keyKind, { project, name: "ci" });
    await gone(keyKind, "ci");
    assert.equal(store.configuration.key(accessKeyId), undefined);
  });

  it("end one pair by its name, and say when there is no such pair", async () => {
    await client.apply(keyKind, { project, name: "two", spec: keySpecSchema.parse({}) });
    const { accessKeyId } = await issue("two");
    const other = await issue("two");
    const revoke = async (body: { readonly accessKeyId?: string }) =>
      await client.call(client.routes["key.revoke"], { params: { project, name: "two" }, body });
    const key = await revoke({ accessKeyId });
    const { credentials } = key.status as KeyStatus; // as the kind's schema says
    assert.deepEqual(
      credentials?.map((one) => one.accessKeyId),
      [other.accessKeyId],
    );
    await assert.rejects(revoke({ accessKeyId }), fails("not-found"));
    await revoke({});
    assert.deepEqual(await pairs("two"), []);
  });

  it("are issued by themselves into the secret that a label names", async () => {
    const labels = { [secretLabel]: "app-credentials" };
    await client.apply(keyKind, { project, name: "app-s3", labels, spec: keySpecSchema.parse({}) });
    await settled<KeyStatus>(keyKind, "app-s3", ({ phase }) => phase === "active");
    const secret = await client.get(
      { ...keyKind, kind: "secret", plural: "secrets" },
      { project, name: "app-credentials" },
    );
    assert.equal(secret.status["version"], 1, "a pair that the secret holds is not made again");
    assert.equal((await pairs("app-s3")).length, 1);
  });
});

describe("drive resources", () => {
  it("are made of the drives that the store has from its beginning", async () => {
    const one = await settled<DriveStatus>(driveKind, "drive-1", ({ phase }) => phase === "ok");
    assert.equal(one.spec["path"], "/srv/drives/1");
    assert.equal(one.status["freeBytes"], 50 * 1024 ** 3, "rounded, so that use does not change it");
  });

  it("are added, drained and forgotten, and say what the store refuses", async () => {
    await client.apply(driveKind, { name: "bay-4", spec: driveKind.spec.parse({ path: "/mnt/4" }) });
    await settled<DriveStatus>(driveKind, "bay-4", ({ phase, number }) => phase === "ok" && number === 1);
    await client.patch(driveKind, { name: "bay-4" }, { spec: { wanted: "drained" } });
    await settled<DriveStatus>(driveKind, "bay-4", ({ phase }) => phase === "drained");
    await client.delete(driveKind, { name: "bay-4" });
    await gone(driveKind, "bay-4");
    assert.deepEqual(
      world.drives.map(({ path }) => path),
      ["/srv/drives/1"],
    );
    await client.apply(driveKind, { name: "odd", spec: driveKind.spec.parse({ path: "/foreign" }) });
    const odd = await settled<DriveStatus>(driveKind, "odd", ({ phase }) => phase === "refused");
    assert.match(reasonOf(odd), /somebody else/);
    await client.delete(driveKind, { name: "odd" });
    await gone(driveKind, "odd");
  });

  it("take drills, which are on record", async () => {
    await settled<DriveStatus>(driveKind, "drive-1", ({ number }) => number === 0);
    const params = { name: "drive-1" };
    await client.call(client.routes["drive.drill"], { params, body: { fault: "stall", seconds: 5 } });
    const { items } = await client.call(client.routes["object-store.drives"]);
    assert.equal(items[0]?.drill?.fault, "stall");
    assert.equal(items[0]?.name, "drive-1");
    await client.call(client.routes["drive.end-drill"], { params });
    assert.equal(world.drives[0]?.drill, undefined);
    const audit = await client.call(client.routes["audit.list"], { query: { limit: 50 } });
    assert.ok(audit.items.some(({ verb }) => verb === "drill"));
  });
});

describe("the routes of buckets", () => {
  const params = { project, name: "album" };
  before(async () => {
    await makeBucket("album", { versioning: true });
    for (const key of ["2026/a.txt", "2026/b.txt", "cover.txt"]) await put("album", key, `text of ${key}`);
  });

  it("list folders and objects page by page, and versions too", async () => {
    const route = client.routes["bucket.objects"];
    const page = await client.call(route, { params, query: { delimiter: "/", limit: 1 } });
    assert.deepEqual(page.items, [{ type: "prefix", key: "2026/" }]);
    const rest = await client.call(route, { params, query: { delimiter: "/", after: page.next ?? "" } });
    assert.deepEqual(
      rest.items.map(({ type, key }) => [type, key]),
      [["object", "cover.txt"]],
    );
    const versions = await client.call(route, { params, query: { versions: "true", limit: 2 } });
    assert.ok(versions.items.every(({ versionId }) => versionId !== undefined));
    const more = await client.call(route, {
      params,
      query: { versions: "true", after: versions.next ?? "" },
    });
    assert.deepEqual(
      more.items.map(({ key }) => key),
      ["cover.txt"],
    );
    const broken = client.call(route, { params, query: { versions: "true", after: "no marker" } });
    await assert.rejects(broken, fails("invalid"));
  });

  it("show one object with its place, and say when there is none", async () => {
    const route = client.routes["bucket.object"];
    const shown = await client.call(route, { params, query: { key: "cover.txt" } });
    assert.equal(shown.storedAs, "inline");
    assert.equal(shown.extents[0]?.shards[0]?.state, "good");
    await assert.rejects(client.call(route, { params, query: { key: "none" } }), fails("not-found"));
    const nowhere = { project, name: "nowhere" };
    await assert.rejects(client.call(route, { params: nowhere, query: { key: "a" } }), fails("not-found"));
  });

  it("delete objects so that they can be had back by the marker's version", async () => {
    const route = client.routes["bucket.delete-objects"];
    const { items } = await client.call(route, { params, body: { targets: [{ key: "2026/a.txt" }] } });
    const marker = items[0]?.markerVersionId;
    assert.ok(marker !== undefined);
    const back = await client.call(route, {
      params,
      body: { targets: [{ key: "2026/a.txt", versionId: marker }] },
    });
    assert.equal(back.items[0]?.error, undefined);
    const { version } = await store.catalog.find({ bucket: "album", key: "2026/a.txt" });
    assert.equal(version?.isDeleteMarker, false);
  });

  it("sign addresses for reading with a key that can only read, and for writing with another", async () => {
    const read = client.routes["bucket.read-urls"];
    const items = [{ operation: "get" as const, key: "a b/ü?.txt", download: "a b.txt" }];
    const { urls } = await client.call(read, { params, body: { items, expiresSeconds: 60 } });
    const url = new URL(urls[0] ?? "");
    assert.equal(url.origin, "http://127.0.0.1:9000");
    assert.equal(decodeURIComponent(url.pathname), "/album/a b/ü?.txt");
    assert.equal(url.searchParams.get("X-Amz-Expires"), "60");
    const accessOf = (address: URL) => {
      const id = address.searchParams.get("X-Amz-Credential")?.split("/")[0] ?? "";
      return store.configuration.key(id);
    };
    assert.deepEqual(accessOf(url)?.scope, { access: "read" });
    assert.equal(accessOf(url)?.project, project);
    const puts = [{ operation: "put" as const, key: "new" }];
    await assert.rejects(client.call(read, { params, body: { items: puts } }), fails("invalid"));
    const written = await client.call(client.routes["bucket.write-urls"], { params, body: { items: puts } });
    assert.deepEqual(accessOf(new URL(written.urls[0] ?? ""))?.scope, { access: "write" });
    const parts = [{ operation: "upload-part" as const, key: "new" }];
    const incomplete = client.call(client.routes["bucket.write-urls"], { params, body: { items: parts } });
    await assert.rejects(incomplete, fails("invalid"));
  });

  it("change what is given of a configuration, and leave the rest", async () => {
    const configure = async (
      body: Parameters<typeof client.call<(typeof client.routes)["bucket.configure"]>>[1],
    ) => await client.call(client.routes["bucket.configure"], { params, ...body });
    await configure({ body: { tags: { team: "news" }, encryption: "AES256" } });
    const changed = await configure({ body: { encryption: null } });
    assert.deepEqual(changed.tags, { team: "news" });
    assert.equal(changed.encryption, null);
    await assert.rejects(configure({ body: { versioning: "off" } }), fails("invalid"));
    await assert.rejects(configure({ body: { policy: "{" } }), fails("invalid"));
    await assert.rejects(
      configure({ body: { objectLock: { mode: "COMPLIANCE", days: 1 } } }),
      fails("invalid"),
    );
    const statement = {
      Effect: "Allow",
      Principal: "*",
      Action: "s3:GetObject",
      Resource: "arn:aws:s3:::album/*",
    };
    const policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    const refuseAll = {
      blockPublicAcls: true,
      ignorePublicAcls: true,
      blockPublicPolicy: true,
      restrictPublicBuckets: true,
    };
    await assert.rejects(configure({ body: { policy, publicAccessBlock: refuseAll } }), fails("invalid"));
    await configure({ body: { policy } });
    await settled<BucketStatus>(bucketKind, "album", ({ isPublic }) => isPublic === true);
    await configure({ body: { policy: null } });
    const lifecycle = [{ id: "old", enabled: true, expireDays: 30 }];
    const ruled = await configure({ body: { lifecycle } });
    assert.deepEqual(ruled.lifecycle, [{ id: "old", enabled: true, prefix: "", expireDays: 30 }]);
    assert.deepEqual(await client.call(client.routes["bucket.config"], { params }), ruled);
  });
});

describe("the store as a whole", () => {
  it("says that it serves, and shows work as an operation until its end", async () => {
    const status = await client.call(client.routes["object-store.status"]);
    assert.equal(status.phase, "serving");
    assert.equal(status.region, "us-east-1");
    const begun = await client.call(client.routes["object-store.work"], { body: { work: "scrub" } });
    const ended = await waitFor(async () => {
      const seen: Operation = await client.call(client.routes["operation.get"], {
        params: { operation: begun.id },
      });
      return seen.state === "succeeded" ? seen : undefined;
    }, soon("the scrub is done"));
    assert.deepEqual(ended.result, { items: 3, bytes: 30 });
  });

  it("sends events of buckets where an owner lets it, and nowhere that it must not", async () => {
    const putEndpoint = async (name: string, url: string, allowPrivate = false) =>
      await client.call(client.routes["object-store.put-endpoint"], {
        params: { project, name },
        body: { url, allowPrivate },
      });
    const { secret, ...made } = await putEndpoint("hook", "https://hooks.example.org/in?token=hidden");
    assert.match(secret, /^whsec_[A-Za-z0-9+/]{32}$/);
    assert.equal(made.arn, `arn:vdc:webhook::${project}:hook`);
    await assert.rejects(putEndpoint("local", "http://127.0.0.1:1/"), fails("invalid"));
    await assert.rejects(putEndpoint("local", "http://hooks.example.org/", true), fails("invalid"));
    await putEndpoint("local", "http://127.0.0.1:1/", true);
    const nowhere = { params: { project: "nowhere", name: "hook" }, body: { url: "https://example.org/" } };
    await assert.rejects(
      client.call(client.routes["object-store.put-endpoint"], nowhere),
      fails("not-found"),
    );
    const listed = async () => (await client.call(client.routes["object-store.endpoints"], {})).items;
    assert.deepEqual(
      (await listed()).map(({ name, allowPrivate, waiting }) => [name, allowPrivate, waiting]),
      [
        ["hook", false, 0],
        ["local", true, 0],
      ],
    );
    const { items } = await client.call(client.routes["audit.list"], { query: { limit: 20 } });
    const said = JSON.stringify(items);
    assert.ok(said.includes("put-endpoint") && said.includes("hooks.example.org"));
    assert.ok(!said.includes(secret) && !said.includes("hidden"));
    const remove = async () =>
      await client.call(client.routes["object-store.remove-endpoint"], {
        params: { project, name: "local" },
      });
    await remove();
    await assert.rejects(remove(), fails("not-found"));
    assert.equal((await listed()).length, 1);
  });

  it("is absent where there is none: the status says so, and everything else is refused with the remedy", async () => {
    await using without = await startDataCenter();
    const { local } = without;
    await local.apply(projectKind, { name: project, spec: projectKind.spec.parse({ title: "" }) });
    assert.equal((await local.call(local.routes["object-store.status"])).phase, "absent");
    const drives = local.call(local.routes["object-store.drives"]);
    await assert.rejects(drives, fails("unavailable"));
    await local.apply(bucketKind, { project, name: "album", spec: bucketKind.spec.parse({}) });
    const pending = await waitFor(async () => {
      const one = await local.get(bucketKind, { project, name: "album" });
      return typeof one.status["reason"] === "string" ? one : undefined;
    }, soon("the bucket says why it is not there"));
    assert.match(reasonOf(pending), /without object storage/);
    await local.delete(bucketKind, { project, name: "album" });
    await waitFor(async () => {
      const { items } = await local.list(bucketKind, { project });
      return items.length === 0 ? true : undefined;
    }, soon("the bucket is gone"));
  });
});

describe("an answer of many removals", () => {
  it("is told apart by whether it was refused", () => {
    assert.equal(isRefused({ key: "a" }), false);
    assert.equal(isRefused({ key: "a", code: "AccessDenied", message: "locked" }), true);
  });
});

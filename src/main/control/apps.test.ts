import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { systemActor } from "#api/actor.ts";
import { appSpecSchema, type AppSpec } from "#api/kinds/app.ts";
import { projectSpecSchema } from "#api/kinds/project.ts";
import { packageSpecSchema } from "#api/kinds/package.ts";
import { modelCommand, type Behaviour } from "#apps/engines/model/behaviour.ts";
import { ModelMachine, openModelEngine } from "#apps/engines/model/open-model-engine.ts";
import type { App, Instance, Release } from "#apps/observed.ts";
import type { InstanceTraffic } from "#apps/ports.ts";
import { createOwnershipReconciler } from "#control/ownership/reconciler.ts";
import { createOperations } from "#control/operations/operations.ts";
import { createReconcilerDriver } from "#control/reconcile/driver.ts";
import { createBackupFiles } from "#drivers/backup-files/backup-files.ts";
import { VdcError } from "#api/errors.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import { openTestStore, testKinds, type TestStore } from "#test/support/store.ts";
import { waitFor } from "#test/support/wait-for.ts";
import { startApps, type Apps } from "./apps.ts";

const by = { actor: systemActor("test") };
const soon = (what: string) => ({ withinMs: 15_000, what });
const project = "shop";

let shared: TestStore;
let machine: ModelMachine;
let apps: Apps;
let lifetime: AsyncDisposableStack;
/** What the gateways would say; an instance that is not here serves nobody. */
const traffic = new Map<string, InstanceTraffic>();
const removedVolumes: string[] = [];

let backupFolder: string;
let volumeFolder: string;

before(async () => {
  const folder = await mkdtemp(join(tmpdir(), "vdc-apps-"));
  backupFolder = join(folder, "backups");
  volumeFolder = join(folder, "volumes");
  lifetime = new AsyncDisposableStack();
  lifetime.defer(async () => await rm(folder, { recursive: true, force: true }));
  shared = lifetime.use(await openTestStore());
  const { store } = shared;
  await store.resources.apply({ kind: "project", name: project, labels: {}, spec: {} }, { by });
  machine = new ModelMachine();
  const engine = openModelEngine(machine, { clock: systemClock, random: systemRandom });
  let lastPort = 21_000;
  const common = {
    leases: store.leases,
    feed: store.feed,
    holder: "a",
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  };
  const operations = lifetime.use(createOperations({ ...common, ...store }));
  await operations.open();
  apps = startApps(
    {
      here: {
        engines: [engine],
        files: {
          artifact: async (digest) => await Promise.resolve(`/files/${digest}`),
          blob: async () => await Promise.reject(new VdcError("not-found", "no blob")),
          removeUnused: async () => await Promise.resolve(0),
        },
        volumes: {
          directory: async (id) => {
            const place = join(volumeFolder, id);
            await mkdir(place, { recursive: true });
            return place;
          },
          usedBytes: async () => await Promise.resolve(4_096),
          remove: async (id) => {
            removedVolumes.push(id);
            await Promise.resolve();
          },
        },
        ports: { free: async () => await Promise.resolve((lastPort += 1)) },
        traffic: { instances: async () => await Promise.resolve(traffic) },
        addresses: { domain: "localhost", url: (host, path) => `http://${host}:8080${path}` },
        s3: undefined,
        backups: createBackupFiles(backupFolder),
        secretKey: new Uint8Array(32).fill(7),
      },
      store,
      operations,
      machine: "this-host",
    },
    common,
  );
  const ownership = createReconcilerDriver({
    ...common,
    reconciler: createOwnershipReconciler({ resources: store.resources, kinds: testKinds }),
    limits: { minGapMs: 5 },
  });
  ownership.start();
  lifetime.defer(async () => {
    apps[Symbol.dispose]();
    await Promise.all([...apps.drivers, ownership].map((driver) => driver.stop()));
    await engine[Symbol.asyncDispose]();
  });
});
after(async () => await lifetime.disposeAsync());

async function addPackage(name: string, behaviour: Behaviour, more: Record<string, unknown> = {}) {
  const spec = packageSpecSchema.parse({
    digest: `sha256:${Buffer.from(name).toString("hex").padEnd(64, "0").slice(0, 64)}`,
    sizeBytes: 1,
    manifest: {
      apiVersion: "vdc.app/v1",
      id: "org.example.news",
      version: "1.0.0",
      name: "News",
      routes: { web: { component: "web" } },
      settings: { greeting: { type: "string", default: "world", environment: "GREETED" } },
      ...more,
    },
    components: [
      {
        name: "web",
        engines: ["model"],
        runtime: { name: "node", range: ">=20" },
        command: modelCommand(behaviour),
        port: 0,
        listens: true,
        environment: { GREETING: "hello ${settings.greeting}" },
        volumes: [{ name: "data", path: "/data" }],
        replicas: 2,
      },
    ],
  });
  await shared.store.resources.apply({ kind: "package", project, name, labels: {}, spec }, { by });
}

const quick = { watchSeconds: 0, readyWithinSeconds: 5 };

async function applyApp(name: string, spec: Record<string, unknown>): Promise<void> {
  const parsed: AppSpec = appSpecSchema.parse({ rollout: quick, ...spec });
  await shared.store.resources.apply({ kind: "app", project, name, labels: {}, spec: parsed }, { by });
}

async function app(name: string): Promise<App | undefined> {
  return (await shared.store.resources.get({ kind: "app", project, name })) as App | undefined; // by the kind's schema
}

async function inPhase(name: string, phase: string, release?: number): Promise<App> {
  return await waitFor(
    async () => {
      const found = await app(name);
      const isThere = found?.status.phase === phase && found.status.observedGeneration === found.generation;
      return isThere && (release === undefined || found.status.wantedRelease === release) ? found : undefined;
    },
    soon(`${name} is ${phase}`),
  );
}

async function instances(name: string): Promise<readonly Instance[]> {
  const { items } = await shared.store.resources.list({ kind: "instance", projects: [project], limit: 500 });
  return (items as unknown as readonly Instance[]).filter(({ spec }) => spec.app === name); // by the kind's schema
}

async function releases(name: string): Promise<readonly Release[]> {
  const { items } = await shared.store.resources.list({ kind: "release", projects: [project], limit: 500 });
  return (items as unknown as readonly Release[]).filter(({ spec }) => spec.app === name); // by the kind's schema
}

describe("apps on a model engine", () => {
  it("brings an app from its spec to ready instances, with release, route, volume and operation", async () => {
    await addPackage("news-1", { printsVariable: "GREETING" });
    await applyApp("news", { package: "news-1" });
    const ready = await inPhase("news", "ready", 1);
    assert.deepEqual(ready.status.servingReleases, [1]);
    assert.deepEqual(ready.status.urls, ["http://news-shop.localhost:8080/"]);
    const own = await instances("news");
    assert.equal(own.length, 2);
    const [first] = own;
    assert.equal(first?.status.phase, "ready");
    assert.ok(
      machine
        .instance(first?.id ?? "")
        .lines.values()
        .some(({ text }) => text === "GREETING=hello world"),
    );
    const volume = await shared.store.resources.get({ kind: "volume", project, name: "news-data" });
    assert.ok(volume !== undefined && volume.owner === undefined);
    const operations = await shared.store.operations.list({ projects: [project], limit: 10 });
    const deploy = await waitFor(
      async () =>
        (await shared.store.operations.list({ projects: [project], limit: 10 })).find(
          ({ type, state }) => type === "app.deploy" && state === "succeeded",
        ),
      soon("the operation's end"),
    );
    assert.equal(deploy.percent, 100);
    assert.ok(operations.length > 0);
  });

  it("replaces every instance when a setting changes, and says what changed", async () => {
    await applyApp("news", { package: "news-1", settings: { greeting: "moon" } });
    await inPhase("news", "ready", 2);
    const own = await waitFor(async () => {
      const found = await instances("news");
      return found.every(({ spec }) => spec.release === 2) ? found : undefined;
    }, soon("the old instances are gone"));
    assert.equal(own.length, 2);
    const second = (await releases("news")).find(({ spec }) => spec.number === 2);
    assert.deepEqual(second?.spec.difference, [{ op: "add", path: "settings.greeting", after: "moon" }]);
    assert.equal(second?.spec.by, "test");
  });

  it("goes back to the release before when a new one keeps crashing", async () => {
    await addPackage("news-2", { exits: { afterMs: 5, code: 3 }, neverReady: true });
    await applyApp("news", { package: "news-2", rollout: { ...quick, readyWithinSeconds: 1 } });
    const back = await inPhase("news", "rolled-back", 3);
    assert.deepEqual(back.status.servingReleases, [2]);
    assert.ok((back.status.reason ?? "").length > 0);
    assert.equal(back.status.lastGoodRelease, 2);
    const failed = await waitFor(
      async () =>
        (await shared.store.operations.list({ projects: [project], limit: 10 })).find(
          ({ state, result }) => state === "failed" && result?.["release"] === 3,
        ),
      soon("the operation fails"),
    );
    assert.equal(failed.error?.code, "rollout-failed");
  });

  it("goes back to an earlier release on request, as a release that says so", async () => {
    const resource = await apps.service.rollback({ project, name: "news" }, 1, by);
    assert.equal(resource.spec["rollbackOf"], 1);
    await inPhase("news", "ready", 4);
    const fourth = (await releases("news")).find(({ spec }) => spec.number === 4);
    assert.equal(fourth?.spec.rollbackOf, 1);
    assert.deepEqual(
      fourth?.spec.appSpec,
      (await releases("news")).find(({ spec }) => spec.number === 1)?.spec.appSpec,
    );
    const there = async () => await apps.service.rollback({ project, name: "news" }, 4, by);
    await assert.rejects(there, { code: "conflict" });
    const unknown = async () => await apps.service.rollback({ project, name: "news" }, 40, by);
    await assert.rejects(unknown, { code: "not-found" });
  });

  it("restarts every instance in an operation, without a release", async () => {
    await waitFor(
      async () => ((await instances("news")).length === 2 ? true : undefined),
      soon("two instances"),
    );
    const old = new Set((await instances("news")).map(({ id }) => id));
    const { id } = await apps.service.restart({ project, name: "news" }, undefined, by);
    await waitFor(
      async () => ((await shared.store.operations.get(id))?.state === "succeeded" ? true : undefined),
      soon("the restart"),
    );
    assert.ok((await instances("news")).every((one) => !old.has(one.id)));
    assert.equal((await app("news"))?.status.wantedRelease, 4);
  });

  it("merges the lines of all instances, finds words in them and follows them", async () => {
    const query = { tail: 100, follow: false };
    const lines = async (more: { readonly search?: string }) =>
      await Array.fromAsync(
        await apps.service.logs({ project, name: "news" }, { ...query, ...more }, AbortSignal.timeout(5_000)),
      );
    const all = await lines({});
    assert.equal(new Set(all.map(({ instance }) => instance)).size, 2);
    assert.deepEqual(
      all.map(({ at }) => at),
      all.map(({ at }) => at).toSorted(),
    );
    assert.equal((await lines({ search: "WORLD" })).length, 2);
    assert.equal((await lines({ search: "nothing like it" })).length, 0);
    const stop = new AbortController();
    const following = await apps.service.logs(
      { project, name: "news" },
      { tail: 0, follow: true },
      stop.signal,
    );
    let found: string | undefined;
    const follow = (async () => {
      for await (const line of following) if (line.text.startsWith("GREETING")) found ??= line.instance;
    })();
    const [first] = await instances("news");
    // What was written before the following had begun is not in it: the instance starts again until it is.
    const name = await waitFor(
      () => {
        if (found === undefined) machine.instance(first?.id ?? "").restart();
        return found;
      },
      { withinMs: 10_000, what: "a line that is followed" },
    );
    assert.equal(name, first?.name);
    stop.abort();
    await follow.catch(() => undefined); // ended by the signal
  });

  it("says what instances use and serve, and runs commands in them", async () => {
    const [first] = await instances("news");
    assert.ok(first !== undefined);
    traffic.set(first.id, { draining: false, inFlight: 2, upgraded: 0, requests: 9, failures: 1 });
    const top = await apps.service.top({ project, name: "news" }, AbortSignal.timeout(5_000));
    const own = top.find(({ instance }) => instance === first.name);
    assert.deepEqual([own?.inFlight, own?.requests, own?.failures], [2, 9, 1]);
    traffic.clear();
    const session = await apps.service.exec(
      { project, name: first.name },
      { command: ["echo", "hello"] },
      by,
    );
    const chunks = await Array.fromAsync(session.output);
    assert.equal(chunks.map(({ data }) => Buffer.from(data).toString()).join(""), "hello\n");
    const missing = async () =>
      await apps.service.exec({ project, name: "nobody" }, { command: ["true"] }, by);
    await assert.rejects(missing, { code: "not-found" });
    assert.deepEqual(
      (await apps.service.engines()).map(({ name }) => name),
      ["model"],
    );
  });

  it("keeps copies of the backup set, and puts one back after keeping what is there", async () => {
    const name = { project, name: "kept" };
    await addPackage("kept-1", {}, { backup: { volumes: ["data"] } });
    await applyApp("kept", { package: "kept-1" });
    await inPhase("kept", "ready");
    const volume = await shared.store.resources.get({ kind: "volume", project, name: "kept-data" });
    const file = join(volumeFolder, volume?.id ?? "", "notes.txt");
    const ended = async ({ id }: { readonly id: string }) =>
      await waitFor(async () => {
        const operation = await shared.store.operations.get(id);
        return operation?.state === "running" ? undefined : operation;
      }, soon("the operation's end"));
    await writeFile(file, "before");
    assert.equal((await ended(await apps.service.backup(name, by))).state, "succeeded");
    const [kept] = await apps.service.backups(name);
    assert.equal(kept?.release, 1);
    await writeFile(file, "after");
    const restored = await ended(await apps.service.restore(name, kept?.id ?? "", by));
    assert.deepEqual([restored.state, restored.error], ["succeeded", undefined]);
    assert.equal(await readFile(file, "utf8"), "before");
    assert.equal((await apps.service.backups(name)).length, 2);
    await inPhase("kept", "ready");
    await assert.rejects(async () => await apps.service.restore(name, "../../etc", by), {
      code: "not-found",
    });
    await assert.rejects(async () => await apps.service.backup({ project, name: "news" }, by), {
      code: "unsupported",
    });
    await shared.store.resources.delete({ kind: "app", ...name }, { by });
  });

  it("runs the hooks of a package in their order, and goes no further when one fails", async () => {
    const hook = (command: readonly string[]) => ({ component: "web", command });
    await addPackage("hooked-1", {}, { hooks: { install: hook(["true"]), verify: hook(["true"]) } });
    await applyApp("hooked", { package: "hooked-1" });
    await inPhase("hooked", "ready");
    const [first] = await releases("hooked");
    assert.deepEqual(
      first?.status.hooks?.map(({ name, state }) => `${name} ${state}`),
      ["install done", "verify done"],
    );
    await addPackage("hooked-2", {}, { hooks: { install: hook(["false"]), upgrade: hook(["false"]) } });
    await applyApp("hooked", { package: "hooked-2" });
    const back = await inPhase("hooked", "rolled-back");
    assert.match(back.status.reason ?? "", /upgrade hook failed/);
    assert.deepEqual(back.status.servingReleases, [1]);
    await shared.store.resources.delete({ kind: "app", project, name: "hooked" }, { by });
  });

  it("says which quota stands in its way, and goes on when it no longer does", async () => {
    // What the scenes before left is on its way out, and would make room meanwhile.
    await waitFor(
      async () =>
        (await app("kept")) === undefined && (await app("hooked")) === undefined ? true : undefined,
      soon("the other apps are gone"),
    );
    const used = (await shared.store.resources.usage(project))["instances"] ?? 0;
    const quotas = (limit: number | undefined) => ({
      kind: "project",
      name: project,
      labels: {},
      spec: projectSpecSchema.parse({ quotas: limit === undefined ? {} : { instances: limit } }),
    });
    await shared.store.resources.apply(quotas(used + 1), { by });
    await applyApp("many", { package: "news-1", rollout: { ...quick, readyWithinSeconds: 60 } });
    const short = await waitFor(async () => {
      const found = await app("many");
      return found?.status.reason?.includes("instances") === true ? found : undefined;
    }, soon("the quota is named"));
    assert.equal(short.status.phase, "installing");
    await shared.store.resources.apply(quotas(undefined), { by });
    await inPhase("many", "ready");
    await shared.store.resources.delete({ kind: "app", project, name: "many" }, { by });
  });

  it("says what is missing, and goes on by itself when it comes", async () => {
    await applyApp("early", { package: "late-1" });
    const failed = await inPhase("early", "failed");
    assert.match(failed.status.reason ?? "", /late-1/);
    await addPackage("late-1", {});
    await inPhase("early", "ready");
    await shared.store.resources.delete({ kind: "app", project, name: "early" }, { by });
  });

  it("stops all instances of a stopped app, keeps its volume, and starts again", async () => {
    await applyApp("news", { package: "news-1", stopped: true });
    await inPhase("news", "stopped");
    assert.equal((await instances("news")).length, 0);
    await applyApp("news", { package: "news-1" });
    await inPhase("news", "ready");
  });

  it("removes an app with its instances, routes and releases, and leaves its volume", async () => {
    await shared.store.resources.delete({ kind: "app", project, name: "news" }, { by });
    await waitFor(
      async () => ((await app("news")) === undefined ? true : undefined),
      soon("the app is gone"),
    );
    assert.equal((await instances("news")).length, 0);
    assert.equal((await releases("news")).length, 0);
    assert.equal(await shared.store.resources.get({ kind: "route", project, name: "news" }), undefined);
    const volume = { kind: "volume", project, name: "news-data" };
    const found = await shared.store.resources.get(volume);
    assert.ok(found !== undefined);
    await shared.store.resources.delete(volume, { by });
    await waitFor(
      async () => ((await shared.store.resources.get(volume)) === undefined ? true : undefined),
      soon("the volume is gone"),
    );
    assert.deepEqual(removedVolumes, [found.id]);
  });
});

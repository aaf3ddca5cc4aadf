import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { systemActor } from "#api/actor.ts";
import { instanceSpecSchema } from "#api/kinds/instance.ts";
import { appSpecSchema } from "#api/kinds/app.ts";
import { routeSpecSchema } from "#api/kinds/route.ts";
import { createReconcilerDriver, type ReconcilerDriver } from "#control/reconcile/driver.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import { openTestStore, type TestStore } from "#test/support/store.ts";
import { placeFact } from "#test/support/traffic-facts.ts";
import { waitFor } from "#test/support/wait-for.ts";
import { createPublisher, type PublishPorts } from "./publish.ts";
import { createTrafficReconciler } from "./reconcile.ts";
import { openSnapshot } from "./sealed-snapshot.ts";
import type { Snapshot } from "./snapshot.ts";

const by = { actor: systemActor("test") };
const soon = (what: string) => ({ withinMs: 15_000, what });

/** A machine with a file and a gateway that reads it when it is told to. */
function machine() {
  const world = { text: undefined as string | undefined, writes: 0, told: [] as number[], isDeaf: false };
  const ports: PublishPorts = {
    readSnapshot: async () => await Promise.resolve(world.text),
    writeSnapshot: async (text) => {
      await Promise.resolve();
      world.text = text;
      world.writes += 1;
    },
    notify: async (version) => {
      world.told.push(version);
      return await Promise.resolve(!world.isDeaf);
    },
  };
  const published = (): Snapshot | undefined =>
    world.text === undefined ? undefined : openSnapshot(world.text).snapshot;
  return { world, ports, published };
}

describe("the reconciler of traffic", () => {
  let shared: TestStore;
  before(async () => {
    shared = await openTestStore();
    await apply("project", "default", { title: "" }, undefined);
    await apply("app", "news", appSpecSchema.parse({ package: "news" }));
    const hosts = ["news.localhost"];
    const backends = [{ app: "news", component: "web" }];
    await apply("route", "news", routeSpecSchema.parse({ hosts, backends }));
  });
  after(async () => await shared[Symbol.asyncDispose]());

  it("publishes what resources say, says what became of routes, and then rests", async () => {
    const here = machine();
    await using driver = drive(here.ports, "one");
    driver.start();
    const route = await waitFor(async () => {
      const found = await shared.store.resources.get({ kind: "route", project: "default", name: "news" });
      return found?.status["phase"] === "active" ? found : undefined;
    }, soon("a route that is active"));
    const first = here.published();
    assert.ok(first !== undefined);
    assert.deepEqual(first.content.routes[0]?.hosts, ["news.localhost"]);
    assert.deepEqual(here.world.told, [first.version]);
    assert.equal(here.world.writes, 1);
    const key = { kind: "instance", project: "default", name: "news-web-1" };
    const spec = { app: "news", component: "web", release: 1, engine: "process", machine: "here" };
    await shared.store.resources.apply({ ...key, labels: {}, spec: instanceSpecSchema.parse(spec) }, { by });
    const status = { phase: "ready", address: "127.0.0.1", port: 4000 };
    const began = performance.now();
    await shared.store.resources.setStatus(key, status, { by });
    const second = await waitFor(() => {
      const found = here.published();
      return found?.content.pools[0]?.members.length === 1 ? found : undefined;
    }, soon("a snapshot with the instance"));
    assert.ok(second.version > first.version);
    assert.ok(performance.now() - began < 2_000);
    const still = await shared.store.resources.get({ kind: "route", project: "default", name: "news" });
    assert.equal(still?.revision, route.revision, "a status that says the same is not written");
  });

  it("grows the version of a file it finds, and tells gateways again that did not hear", async () => {
    const here = machine();
    await using first = drive(here.ports, "two");
    first.start();
    const published = await waitFor(here.published, soon("a snapshot"));
    await first.stop();
    here.world.isDeaf = true;
    here.world.told = [];
    await using second = drive(here.ports, "two");
    second.start();
    await waitFor(() => (here.world.told.length > 0 ? true : undefined), soon("the gateways are told"));
    here.world.isDeaf = false;
    second.wake();
    await waitFor(() => (here.world.told.length > 1 ? true : undefined), soon("they are told again"));
    assert.equal(here.published()?.version, published.version, "what is the same is not published again");
    assert.equal(here.world.writes, 1);
    assert.deepEqual(new Set(here.world.told), new Set([published.version]));
  });

  it("replaces a file that is cut or changed by a newer version", async () => {
    const here = machine();
    await using first = drive(here.ports, "three");
    first.start();
    const { version } = await waitFor(here.published, soon("a snapshot"));
    await first.stop();
    const text = here.world.text ?? "";
    assert.equal(openSnapshot(text.slice(0, -20)).snapshot, undefined);
    here.world.text = text.replaceAll("news.localhost", "evil.localhost");
    assert.equal(openSnapshot(here.world.text).snapshot, undefined);
    await using second = drive(here.ports, "three");
    second.start();
    const again = await waitFor(here.published, soon("a snapshot that can be trusted"));
    assert.ok(again.version >= version);
    assert.deepEqual(again.content.routes[0]?.hosts, ["news.localhost"]);
  });

  async function apply(kind: string, name: string, spec: object, project: string | undefined = "default") {
    const key = project === undefined || kind === "project" ? { kind, name } : { kind, project, name };
    await shared.store.resources.apply({ ...key, labels: {}, spec: { ...spec } }, { by });
  }

  function drive(ports: PublishPorts, name: string): ReconcilerDriver {
    const { resources, leases, feed } = shared.store;
    const publisher = createPublisher({ ports, clock: systemClock });
    const place = async () => await Promise.resolve(placeFact);
    const reconciler = createTrafficReconciler({ resources, publisher, machine: name, place });
    const common = { leases, feed, clock: systemClock, random: systemRandom, log: silentLog };
    const limits = { leaseTtlMs: 900, minGapMs: 5 };
    return createReconcilerDriver({ reconciler, holder: name, limits, ...common });
  }
});

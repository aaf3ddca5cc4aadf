import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { rolloutSchema, type AppSpec } from "#api/kinds/app.ts";
import { AppWorld, fateOf, softwares } from "#sim/app-world.ts";

const rollout = (change: Partial<AppSpec["rollout"]> = {}) =>
  rolloutSchema.parse({ readyWithinSeconds: 15, watchSeconds: 1, ...change });
const minutes = 60_000;

function installed(change: Partial<AppSpec> = {}): AppWorld {
  const world = new AppWorld({ rollout: rollout(), ...change });
  world.settle(minutes);
  return world;
}

const replicas = (count: number) => ({ components: { web: { replicas: count } } });

describe("the plan of an app", () => {
  it("installs what the spec asks for", () => {
    const world = installed();
    assert.equal(world.app?.status.phase, "ready");
    assert.deepEqual(world.app?.status.servingReleases, [1]);
    assert.equal(world.readyOf(1), 2);
    assert.deepEqual(world.events, ["app.release-made", "app.deployed"]);
  });

  it("scales without a release, also to nothing and back", () => {
    const world = installed();
    for (const count of [5, 1, 0, 3]) {
      world.apply(replicas(count));
      world.settle(2 * minutes);
      assert.equal(world.readyOf(), count);
      assert.equal(world.instances.length, count);
    }
    assert.equal(world.releases.length, 1);
    assert.equal(world.app?.status.phase, "ready");
  });

  it("goes back by itself to the release before when a new one does not come up", () => {
    for (const name of ["hanging", "crashing", "erring", "broken"]) {
      const world = installed();
      world.apply({ package: name });
      world.settle(5 * minutes);
      assert.equal(world.app?.status.phase, "rolled-back", name);
      assert.ok((world.app?.status.reason ?? "").length > 10);
      assert.deepEqual(world.app?.status.servingReleases, [1]);
      assert.equal(world.readyOf(1), 2);
      assert.equal(world.instances.length, 2);
    }
  });

  it("stays as it is, failed, when a failed release may not be rolled back", () => {
    const world = installed({ rollout: rollout({ rollBack: false }) });
    world.apply({ package: "crashing" });
    world.settle(5 * minutes);
    assert.equal(world.app?.status.phase, "failed");
    assert.deepEqual(world.app?.status.servingReleases, [1]);
    assert.equal(world.readyOf(1), 2);
  });

  it("says that a first install failed, and serves from it when it recovers", () => {
    const world = installed({ package: "broken" });
    assert.equal(world.app?.status.phase, "failed");
    world.apply({ package: "good" });
    world.settle(5 * minutes);
    assert.equal(world.app?.status.phase, "ready");
    assert.deepEqual(world.app?.status.servingReleases, [2]);
  });

  it("gives a canary its shares step by step, and the old release the rest", () => {
    const canary = [
      { sharePercent: 10, seconds: 5 },
      { sharePercent: 50, seconds: 5 },
    ];
    const world = installed({ rollout: rollout({ strategy: "canary", canary }), ...replicas(4) });
    world.apply({ package: "better" });
    const shares = new Set<string>();
    for (let turn = 0; turn < 400; turn += 1) {
      world.pass();
      world.advance(100);
      const seen = world.app?.status.components?.[0]?.releases.map(
        (one) => `${one.release}:${one.sharePercent ?? "-"}`,
      );
      if (seen !== undefined) shares.add(seen.join(" "));
    }
    assert.deepEqual(
      ["1:100 2:0", "1:90 2:10", "1:50 2:50"].filter((one) => !shares.has(one)),
      [],
    );
    assert.deepEqual(world.app?.status.servingReleases, [2]);
    assert.equal(world.app?.status.phase, "ready");
  });

  it("ends everything old before anything new begins, when all at once", () => {
    const world = installed({ rollout: rollout({ strategy: "all-at-once" }) });
    world.apply({ package: "better" });
    let together = 0;
    for (let turn = 0; turn < 200; turn += 1) {
      world.pass();
      const isOld = world.instances.some(
        ({ spec, status }) => spec.release === 1 && status.phase !== "stopped",
      );
      if (isOld && world.instances.some(({ spec }) => spec.release === 2)) together += 1;
      world.advance(100);
    }
    assert.equal(together, 0);
    assert.equal(world.readyOf(2), 2);
  });

  it("replaces every instance at a restart, without a release", () => {
    const world = installed();
    const before = new Set(world.instances.map(({ id }) => id));
    world.restart();
    world.settle(2 * minutes);
    assert.equal(world.readyOf(1), 2);
    assert.ok(world.instances.every(({ id }) => !before.has(id)));
    assert.equal(world.releases.length, 1);
  });

  it("begins nothing while it is paused, and goes on from there", () => {
    const world = installed();
    world.apply({ paused: true, package: "better" });
    world.settle(minutes);
    assert.equal(world.app?.status.phase, "paused");
    assert.equal(world.readyOf(1), 2);
    world.apply({ paused: false });
    world.settle(minutes);
    assert.deepEqual(world.app?.status.servingReleases, [2]);
  });

  it("replaces an instance that failed for good, later each time", () => {
    const world = installed();
    world.crash(0, false);
    world.settle(2 * minutes);
    assert.equal(world.readyOf(1), 2);
    assert.equal(Math.max(...world.instances.map(({ spec }) => spec.attempt ?? 0)), 1);
  });

  it("keeps the newest fifty releases and those in use", () => {
    const world = installed();
    for (let turn = 0; turn < 60; turn += 1) {
      world.apply({ package: turn % 2 === 0 ? "better" : "good" });
      world.settle(minutes);
    }
    assert.equal(world.releases.length, 50);
    assert.equal(world.releases.at(-1)?.spec.number, 61);
  });
});

type Step =
  | { readonly do: "apply"; readonly change: Partial<AppSpec> }
  | { readonly do: "crash"; readonly nth: number; readonly restarts: boolean }
  | { readonly do: "restart" }
  | { readonly do: "run"; readonly passes: number; readonly ms: number; readonly dies: number | undefined };

const policy = fc
  .record({
    strategy: fc.constantFrom<AppSpec["rollout"]["strategy"]>("rolling", "rolling", "canary", "all-at-once"),
    maxSurge: fc.integer({ min: 0, max: 2 }),
    maxUnavailable: fc.integer({ min: 0, max: 2 }),
    rollBack: fc.boolean(),
    watchSeconds: fc.integer({ min: 0, max: 3 }),
    canary: fc.constantFrom<AppSpec["rollout"]["canary"]>(
      [{ sharePercent: 30, seconds: 2 }],
      [
        { sharePercent: 10, seconds: 1 },
        { sharePercent: 60, seconds: 1 },
      ],
    ),
  })
  .map((one) => rollout(one));
const change: fc.Arbitrary<Partial<AppSpec>> = fc.oneof(
  fc.constantFrom(...Object.keys(softwares)).map((name) => ({ package: name })),
  fc.integer({ min: 0, max: 4 }).map(replicas),
  fc.record({ paused: fc.boolean() }),
  fc.record({ stopped: fc.boolean() }),
  policy.map((one) => ({ rollout: one })),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: change.map((one): Step => ({ do: "apply", change: one })) },
  fc.record({ do: fc.constant("crash" as const), nth: fc.nat(5), restarts: fc.boolean() }),
  fc.constant<Step>({ do: "restart" }),
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("run" as const),
      passes: fc.integer({ min: 1, max: 12 }),
      ms: fc.integer({ min: 20, max: 3_000 }),
      dies: fc.option(fc.nat(3), { nil: undefined }),
    }),
  },
);

function play(world: AppWorld, steps: readonly Step[]): void {
  for (const one of steps) {
    if (one.do === "apply") world.apply(one.change);
    else if (one.do === "crash") world.crash(one.nth, one.restarts);
    else if (one.do === "restart") world.restart();
    else
      for (let at = 0; at < one.passes; at += 1) {
        world.pass(at === 0 ? one.dies : undefined);
        world.advance(one.ms);
      }
  }
}

/** What must be true when nothing has changed for a long time. */
function checkQuiet(world: AppWorld): void {
  const { app, releases } = world;
  assert.ok(app !== undefined);
  const { phase, servingReleases } = app.status;
  const serving = [
    ...new Set(
      world.instances
        .filter((one) => one.status.phase === "ready" && one.spec.wanted === "running")
        .map(({ spec }) => spec.release),
    ),
  ].toSorted((a, b) => a - b);
  assert.deepEqual(servingReleases, serving, "the status says what really serves");
  if (app.spec.stopped) {
    assert.equal(phase, "stopped");
    assert.equal(world.instances.length, 0);
    return;
  }
  if (app.spec.paused) return;
  const newest = releases.at(-1);
  const good = releases.findLast(({ status }) => status.phase === "serving" || status.phase === "superseded");
  assert.equal(newest?.spec.package, app.spec.package);
  if (newest?.status.phase === "failed") return;
  const isBack = newest?.status.phase === "rolled-back";
  assert.ok(
    isBack || newest?.status.phase === "serving",
    `the newest release is ${newest?.status.phase ?? "missing"}`,
  );
  const target = isBack ? good : newest;
  // Software that fails can be the good release only because no copy of it was wanted, or nobody had asked it anything.
  if (fateOf(target?.spec.package ?? "") !== undefined) return;
  assert.equal(phase, isBack ? "rolled-back" : "ready");
  assert.equal(world.readyOf(target?.spec.number), world.wanted(), "what is wanted serves");
  assert.equal(world.instances.length, world.wanted(), "nothing is left over");
  assert.equal(world.operation, undefined, "no operation is left running");
}

describe("the plan of an app, over random histories", () => {
  it("never stops what serves, keeps to surge and availability, tells the truth, and arrives", () => {
    fc.assert(
      fc.property(policy, fc.array(step, { minLength: 1, maxLength: 14 }), (chosen, steps) => {
        const world = new AppWorld({ rollout: chosen });
        play(world, steps);
        world.settle(12 * minutes);
        checkQuiet(world);
      }),
      { numRuns: 250 },
    );
  });

  it("removes every app, whatever was going on", () => {
    fc.assert(
      fc.property(policy, fc.array(step, { maxLength: 8 }), (chosen, steps) => {
        const world = new AppWorld({ rollout: chosen });
        play(world, steps);
        world.remove();
        world.settle(5 * minutes);
        assert.equal(world.app, undefined);
        assert.equal(world.operation, undefined);
      }),
      { numRuns: 100 },
    );
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { JobGraph, TaskSpec } from "../graph.ts";
import { BurstWorld, honest, sha, trueHashes, type Behaviour } from "#sim/burst-world.ts";
import type { JobState } from "./job-state.ts";

const base = { fn: "f", outputs: 1, cost: 20, memoryBytes: 65_536, outputBytes: 100 };
const blob = { blob: sha("a"), bytes: 10 };

/** Maps, then a tree that reduces by four. */
function tree(width: number, cost = 20): JobGraph {
  const tasks: TaskSpec[] = Array.from({ length: width }, (_, index) => ({
    ...base,
    cost,
    args: [index],
    inputs: [blob],
    stage: "map",
  }));
  let level = tasks.map((_, index) => index);
  while (level.length > 1) {
    const next: number[] = [];
    for (let at = 0; at < level.length; at += 4) {
      const inputs = level.slice(at, at + 4).map((task) => ({ task, output: 0 }));
      next.push(tasks.push({ ...base, cost, fn: "g", args: [], inputs, stage: "reduce" }) - 1);
    }
    level = next;
  }
  return {
    package: sha("p"),
    tasks,
    results: [{ name: "all", from: { task: tasks.length - 1, output: 0 } }],
  };
}

function made(job: JobState): readonly (readonly string[])[] {
  return job.graph.specs.map((_, task) => job.outputs(task).map((output) => output.blob));
}

function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0; // mulberry32
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const graphs = fc
  .array(
    fc.record({
      cost: fc.integer({ min: 0, max: 300 }),
      inputs: fc.array(fc.nat(), { maxLength: 3 }),
      outputs: fc.integer({ min: 1, max: 2 }),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((list): JobGraph => {
    const tasks: TaskSpec[] = list.map(({ cost, inputs, outputs }, index) => ({
      ...base,
      cost,
      outputs,
      args: [index],
      inputs: index === 0 ? [blob] : inputs.map((input) => ({ task: input % index, output: 0 })),
      stage: index % 2 === 0 ? "even" : "odd",
    }));
    return {
      package: sha("p"),
      tasks,
      results: [{ name: "last", from: { task: tasks.length - 1, output: 0 } }],
    };
  });

const chance = fc.constantFrom(0, 0, 0.05, 0.2);
const behaviours = fc.record({
  trust: fc.constantFrom<Behaviour["trust"]>("own", "volunteer"),
  slots: fc.integer({ min: 1, max: 4 }),
  speed: fc.constantFrom(0.1, 1, 2),
  lies: fc.constant(false),
  dies: chance,
  hangs: chance,
  repeats: chance,
  isLate: chance,
  returns: chance,
});

describe("a run", () => {
  it("ends every job with the right hashes, charges each task once and passes no bound, whatever workers do while most are honest", () => {
    fc.assert(
      fc.property(
        fc.array(graphs, { minLength: 1, maxLength: 3 }),
        fc.array(behaviours, { maxLength: 4 }),
        fc.integer({ min: 0, max: 2 }),
        fc.integer(),
        (list, others, liars, seed) => {
          const world = new BurstWorld(seeded(seed), { spotCheck: 1, endWaitMs: Infinity });
          // With copies of everything and no two lies alike, three that are honest are most.
          for (let index = 0; index < 3; index += 1)
            world.addWorker({ ...honest, trust: index === 0 ? "own" : "volunteer" });
          for (let index = 0; index < liars; index += 1)
            world.addWorker({ ...honest, lies: true, trust: index === 0 ? "pool" : "volunteer" });
          for (const other of others) world.addWorker(other);
          const jobs = list.map((graph, index) =>
            world.addJob(`job${index}`, graph, { project: `p${index}` }),
          );
          world.runUntilEnd(10_000_000);
          list.forEach((graph, index) => {
            const job = jobs[index];
            assert.ok(job !== undefined);
            assert.equal(world.outcomes.get(job.options.id), undefined);
            assert.ok(world.outcomes.has(job.options.id), "it ended");
            assert.deepEqual(made(job), trueHashes(graph));
            assert.equal(job.charged, BigInt(graph.tasks.length));
            assert.equal(world.charges.get(job.options.id), job.charged);
            assert.equal(job.committed, 0n);
            assert.equal(job.live.size, 0);
          });
        },
      ),
      { numRuns: 150 },
    );
  });

  it("finds whoever lies from its first task on in a job of any size, with the checks that it makes by itself", () => {
    fc.assert(
      fc.property(
        graphs,
        fc.constantFrom<Behaviour["trust"]>("own", "pool"),
        fc.integer(),
        (graph, trust, seed) => {
          const world = new BurstWorld(seeded(seed));
          world.addWorker({ ...honest, lies: true, trust });
          for (let index = 0; index < 2; index += 1) world.addWorker(honest);
          const job = world.addJob("job", graph);
          world.runUntilEnd(10_000_000);
          assert.ok(world.outcomes.has("job") && world.outcomes.get("job") === undefined);
          assert.deepEqual(made(job), trueHashes(graph));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("stops a job before its bound is passed, and goes on when the bound is higher", () => {
    fc.assert(
      fc.property(graphs, fc.integer({ min: 0, max: 60 }), fc.integer(), (graph, bound, seed) => {
        const world = new BurstWorld(seeded(seed));
        world.addWorker(honest);
        world.addWorker({ ...honest, dies: 0.1, repeats: 0.2 });
        const job = world.addJob("job", graph, { bound: BigInt(bound), price: () => 2n });
        world.runUntilEnd(1_000_000);
        const covered = bound >= 2 * graph.tasks.length;
        assert.equal(world.outcomes.get("job"), covered ? undefined : "paused");
        assert.ok(job.charged <= BigInt(bound));
        if (covered) return;
        world.outcomes.clear();
        job.bound = 1000n;
        world.run.setPaused(job, false, world.now);
        world.run.pump(world.now);
        world.runUntilEnd(2_000_000);
        assert.equal(world.outcomes.get("job"), undefined);
        assert.equal(job.charged, BigInt(2 * graph.tasks.length));
      }),
      { numRuns: 50 },
    );
  });

  it("ends chains before it begins new ones, so that few blobs live at once", () => {
    const world = new BurstWorld(seeded(1));
    world.addWorker({ ...honest, slots: 1 });
    const job = world.addJob("job", tree(256, 60));
    let most = 0;
    const { run } = world;
    const pump = run.pump.bind(run);
    run.pump = (now) => {
      pump(now);
      most = Math.max(most, job.residentBytes);
    };
    world.runUntilEnd(10_000_000);
    assert.equal(world.outcomes.get("job"), undefined);
    assert.ok(most <= 100 * 20, `${most} bytes of 340 blobs lived at once`);
  });

  it("withholds what begins a chain while more blobs live than the job may have", () => {
    const world = new BurstWorld(seeded(1));
    for (let index = 0; index < 8; index += 1) world.addWorker({ ...honest, slots: 8 });
    const job = world.addJob("job", tree(1024, 60), { residentBytes: 1000 });
    let most = 0;
    const { run } = world;
    const pump = run.pump.bind(run);
    run.pump = (now) => {
      pump(now);
      most = Math.max(most, job.residentBytes);
    };
    world.runUntilEnd(10_000_000);
    assert.equal(world.outcomes.get("job"), undefined);
    assert.ok(most <= 2000, `${most} bytes lived`);
  });

  it("gives two projects equal shares of a worker, and a project's urgent job goes first", () => {
    const world = new BurstWorld(seeded(1));
    world.addWorker({ ...honest, slots: 2, trust: "pool" });
    const big = world.addJob("big", tree(400, 100), { project: "a" });
    const small = world.addJob("small", tree(40, 100), { project: "b" });
    const calm = world.addJob("calm", tree(40, 100), { project: "b", priority: -1 });
    world.runUntilEnd(3_000);
    const done = [big, small, calm].map((job) => job.total(4));
    assert.ok(Math.abs((done[0] ?? 0) - (done[1] ?? 0)) <= 6, `shares of ${done.join()}`);
    assert.equal(done[2], 0);
  });

  it("runs a straggler again elsewhere, and the job ends long before the straggler would", () => {
    const world = new BurstWorld(seeded(2));
    world.addWorker({ ...honest, slots: 4 });
    world.addWorker({ ...honest, slots: 1, speed: 0.01 });
    world.addJob("job", tree(64, 100));
    world.runUntilEnd(10_000_000);
    assert.equal(world.outcomes.get("job"), undefined);
    assert.ok(world.now < 8_000, `it took ${world.now} ms`);
  });

  it("keeps an included job to the cores of its plan", () => {
    const world = new BurstWorld(seeded(2));
    world.addWorker({ ...honest, slots: 8 });
    world.addJob("job", tree(64, 100), { mode: "included", price: () => 0n }, 0.5);
    world.runUntilEnd(10_000_000);
    assert.equal(world.outcomes.get("job"), undefined);
    const seconds = (86 * 0.1) / 0.5;
    assert.ok(world.now > (seconds - 2.5) * 1000 && world.now < (seconds + 4) * 1000, `${world.now} ms`);
  });

  it("does a hundred thousand tasks in flat memory, at tens of thousands of steps a second", () => {
    const world = new BurstWorld(seeded(3));
    for (let index = 0; index < 8; index += 1) world.addWorker({ ...honest, slots: 4 });
    const job = world.addJob("job", tree(75_000, 1));
    const before = process.cpuUsage();
    world.runUntilEnd(100_000_000);
    const { user } = process.cpuUsage(before);
    assert.equal(world.outcomes.get("job"), undefined);
    assert.ok(job.count >= 100_000 && job.history.size === 0 && job.live.size === 0);
    // The figure itself is measured by bench/burst; what is far below it is a scan that somebody left in.
    const rate = world.transitions / (user / 1e6);
    assert.ok(rate > 15_000, `${Math.round(rate)} steps for each second of processor`);
  });
});

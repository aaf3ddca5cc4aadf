import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JobGraph } from "../graph.ts";
import { BurstWorld, honest, sha, trueHashes, workerFacts } from "#sim/burst-world.ts";

/** So many tasks that need nothing of each other. */
function tasks(count: number): JobGraph {
  const base = { fn: "f", outputs: 1, cost: 20, memoryBytes: 65_536, outputBytes: 100, stage: "map" };
  return {
    package: sha("p"),
    tasks: Array.from({ length: count }, (_, index) => ({
      ...base,
      args: [index],
      inputs: [{ blob: sha("a"), bytes: 10 }],
    })),
    results: [{ name: "last", from: { task: count - 1, output: 0 } }],
  };
}

const half = () => 0.5;

describe("workers that lie", () => {
  it("two workers alone that give different bytes end the job with words that say so", () => {
    const world = new BurstWorld(half);
    world.addWorker({ ...honest, trust: "pool" });
    world.addWorker({ ...honest, trust: "pool", lies: true });
    const job = world.addJob("job", tasks(8));
    world.runUntilEnd(10_000_000);
    assert.match(
      world.outcomes.get("job") ?? "",
      /^two workers gave different bytes for task \d+, and no other was there to decide$/,
    );
    assert.deepEqual([...world.run.quarantined], [], "nobody knows who of the two it was");
    assert.equal(job.live.size, 0);
    assert.equal(job.committed, 0n);
  });

  it("a third worker decides, and only the one that lied is in quarantine", () => {
    const world = new BurstWorld(half);
    world.addWorker({ ...honest, trust: "own", lies: true }, "liar");
    for (const name of ["a", "b"]) world.addWorker({ ...honest, trust: "own" }, name);
    const graph = tasks(8);
    const job = world.addJob("job", graph);
    world.runUntilEnd(10_000_000);
    assert.equal(world.outcomes.get("job"), undefined);
    assert.deepEqual([...world.run.quarantined.keys()], ["liar"]);
    const made = graph.tasks.map((_, task) => job.outputs(task).map(({ blob }) => blob));
    assert.deepEqual(made, trueHashes(graph));
  });

  it("what a liar made before it left and came back is made again, and all its connections end", () => {
    const world = new BurstWorld(half);
    const { run } = world;
    const options = workerFacts("liar", { ...honest, slots: 4 });
    const graph = tasks(4);
    const job = world.addJob("job", graph);
    const join = () => {
      const worker = run.join(options, world.now);
      assert.ok(typeof worker !== "string");
      return worker;
    };
    const before = join();
    run.want(before, 4);
    run.pump(world.now);
    const leases = [...before.leases.values()].map(
      ({ number, task }) => `1:${number.toString(36)}:job:${task.toString(36)}`,
    );
    const lies = leases.map((lease) => ({
      lease,
      outcome: "done" as const,
      outputs: [{ blob: sha(`no ${lease}`), bytes: 100 }],
      elapsedMs: 20,
    }));
    run.results(before, lies.slice(0, 3), world.now);
    run.leave(before, world.now);
    const again = join();
    for (const name of ["a", "b"]) world.addWorker(honest, name);
    world.runUntilEnd(10_000_000);
    assert.ok(world.outcomes.has("job") && world.outcomes.get("job") === undefined);
    assert.equal(again.quarantine, before.quarantine);
    assert.match(again.quarantine ?? "", /other bytes than two others/);
    const made = graph.tasks.map((_, task) => job.outputs(task).map(({ blob }) => blob));
    assert.deepEqual(made, trueHashes(graph));
    assert.equal(typeof run.join(options, world.now), "string");
    assert.ok(run.release("liar"));
    assert.equal(typeof run.join(options, world.now), "object");
  });
});

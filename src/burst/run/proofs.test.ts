import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BurstWorld, honest, sha, trueHashes, workerFacts } from "#sim/burst-world.ts";
import type { JobGraph } from "../graph.ts";
import { runLimits } from "./limits.ts";
import type { WorkerState } from "./worker-state.ts";

const graph: JobGraph = {
  package: sha("p"),
  tasks: Array.from({ length: 4 }, (_, index) => ({
    fn: "f",
    args: [index],
    inputs: [{ blob: sha("a"), bytes: 10 }],
    outputs: 1,
    cost: 20,
    memoryBytes: 65_536,
    outputBytes: 100,
    stage: "map",
  })),
  results: [{ name: "last", from: { task: 3, output: 0 } }],
};

/** A worker by hand: connected, and it says what the test says. */
function bystander(world: BurstWorld, name: string): WorkerState {
  const worker = world.run.join(workerFacts(name, honest), world.now);
  assert.ok(typeof worker !== "string");
  return worker;
}

/** How many simulated milliseconds the job takes. */
function timeOf(world: BurstWorld, id: string): number {
  const began = world.now;
  world.addJob(id, graph);
  world.runUntilEnd(began + 60_000);
  assert.ok(world.outcomes.has(id) && world.outcomes.get(id) === undefined, "it succeeded");
  return world.now - began;
}

describe("the end of a job, whose workers have to pass a check", () => {
  it("waits for nobody who asks for nothing: a page in the background, a machine at work for its owner", () => {
    const world = new BurstWorld(() => 0.5);
    world.addWorker(honest);
    const idle = bystander(world, "idle");
    assert.ok(timeOf(world, "first") <= runLimits.asksAgainMs + 500, "it may ask again in a moment");
    // It has been so for long: nothing is waited for.
    world.run.heartbeat(idle, [], "nominal", world.now);
    assert.ok(timeOf(world, "second") < 500);
  });

  it("waits for nobody who is not heard of any more: a machine that sleeps", () => {
    const world = new BurstWorld(() => 0.5);
    const asleep = bystander(world, "asleep");
    world.run.want(asleep, 4);
    world.addWorker(honest);
    const first = timeOf(world, "first");
    assert.ok(first > 1_000, "it had asked, and was waited for");
    world.now += runLimits.heartbeatMs * runLimits.missedHeartbeats;
    assert.ok(timeOf(world, "second") < 500);
  });

  it("waits a moment for whoever has not asked yet, and so finds who lied", () => {
    const world = new BurstWorld(() => 0.5);
    world.addWorker({ ...honest, lies: true }, "liar");
    const asks = [bystander(world, "a"), bystander(world, "b")];
    const job = world.addJob("job", graph);
    while (!job.isDone) world.runUntilEnd(world.now + 10);
    world.runUntilEnd(world.now + runLimits.asksAgainMs - 500);
    assert.ok(!world.outcomes.has("job"), "it waits");
    const [first, second] = asks;
    assert.ok(first !== undefined && second !== undefined);
    world.run.leave(first, world.now);
    world.run.leave(second, world.now);
    for (const name of ["a", "b"]) world.addWorker(honest, name);
    world.runUntilEnd(world.now + 60_000);
    assert.deepEqual([...world.run.quarantined.keys()], ["liar"]);
    assert.deepEqual(
      graph.tasks.map((_, task) => job.outputs(task).map(({ blob }) => blob)),
      trueHashes(graph),
    );
  });
});

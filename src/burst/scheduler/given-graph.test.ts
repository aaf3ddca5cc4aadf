import assert from "node:assert/strict";
import { it } from "node:test";
import { gzipSync } from "node:zlib";
import { testGraph } from "#test/support/burst-scheduler.ts";
import { readGivenGraph } from "./given-graph.ts";
import { schedulerLimits } from "./limits.ts";

/** A clock by which each look at it takes a millisecond, and how often others had their turn. */
function slowClock() {
  let now = 0;
  const clock = {
    turns: 0,
    monotonic: () => (now += 1),
    sleep: async () => {
      clock.turns += 1;
      await Promise.resolve();
    },
  };
  return clock;
}

it("lets others have their turn while it checks a large graph", async () => {
  const graph = testGraph(1_000, 2);
  const clock = slowClock();
  const given = await readGivenGraph(gzipSync(JSON.stringify(graph)), clock);
  assert.deepEqual(given.graph, graph);
  assert.equal(given.cost, graph.tasks.length * 2);
  assert.ok(clock.turns >= graph.tasks.length / schedulerLimits.sliceMs / 2, `${clock.turns} turns`);
});

it("says which task of a graph is not valid", async () => {
  const graph = testGraph(20);
  const tasks = graph.tasks.map((task, number) => (number === 7 ? { ...task, cost: "much" } : task));
  const given = readGivenGraph(gzipSync(JSON.stringify({ ...graph, tasks })), slowClock());
  await assert.rejects(given, /tasks\[7\]\.cost/);
});

it("takes no more tasks than a job may have, however cheap they are to write", async () => {
  const tasks = Array.from({ length: 200_001 }, () => 0);
  const given = readGivenGraph(gzipSync(JSON.stringify({ ...testGraph(1), tasks })), slowClock());
  await assert.rejects(given, /tasks/);
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { byStage, layOutStage, timelineOf } from "./burst-map.ts";
import { TaskStates, type TaskFacts } from "./burst-tasks.ts";

const plain = (task: number, stage = "merge"): TaskFacts => ({ task, fn: "merge", stage, cost: 1 });

describe("the map of a job's tasks", () => {
  it("a point in the middle of a cell finds its task, in grids of any size and width", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 40, max: 1600 }), (count, width) => {
        const tasks = Array.from({ length: count }, (_, at) => plain(at));
        const map = layOutStage(tasks, width, 300);
        for (const at of [0, Math.floor(count / 2), count - 1]) {
          const cell = map.cellOf(at);
          assert.equal(map.at(cell.x + cell.width / 2, cell.y + cell.height / 2), at);
          assert.ok(cell.x + cell.width <= width && cell.y + cell.height <= map.height);
        }
      }),
    );
  });

  it("tasks with places make the picture, in its proportions and inside the bounds", () => {
    const tile = (task: number, x: number, y: number): TaskFacts => ({
      ...plain(task),
      place: { x, y, width: 1024, height: 1024 },
    });
    const map = layOutStage(
      [tile(0, 0, 0), tile(1, 1024, 0), tile(2, 0, 1024), tile(3, 1024, 1024), tile(4, 2048, 0)],
      600,
      300,
    );
    assert.equal(map.isPicture, true);
    assert.equal(map.height, 300);
    assert.equal(map.width, 450);
    assert.equal(map.at(200, 20), 1);
    assert.equal(map.at(440, 290), undefined);
  });

  it("a hundred thousand tasks are laid out at once", () => {
    const tasks = Array.from({ length: 100_000 }, (_, at) => plain(at));
    const began = performance.now();
    const map = layOutStage(tasks, 1100, 300);
    for (let at = 0; at < tasks.length; at += 1) map.cellOf(at);
    assert.ok(performance.now() - began < 500);
    assert.ok(map.height <= 400);
  });

  it("stages are in the order in which they begin", () => {
    const stages = byStage([plain(0, "align"), plain(1, "merge"), plain(2, "align")]);
    assert.deepEqual(
      [...stages].map(([name, tasks]) => [name, tasks.length]),
      [
        ["align", 2],
        ["merge", 1],
      ],
    );
  });
});

describe("the timeline of a job", () => {
  it("tasks that a worker ran at once lie in rows of their own, and rows are used again", () => {
    const states = new TaskStates();
    states.grow(4);
    const job = { tasks: 4, state: "running" } as Parameters<TaskStates["apply"]>[0]["job"]; // all that is read
    states.apply(
      {
        job,
        tasks: [
          { task: 0, state: "done", worker: "north", attempts: 1, startedMs: 0, endedMs: 10 },
          { task: 1, state: "done", worker: "north", attempts: 1, startedMs: 2, endedMs: 6 },
          { task: 2, state: "running", worker: "north", attempts: 1, startedMs: 6 },
          { task: 3, state: "ready", attempts: 0 },
        ],
      },
      0,
    );
    const timeline = timelineOf(states, 20);
    assert.deepEqual(
      timeline.bars.map(({ task, row, toMs }) => [task, row, toMs]),
      [
        [0, 0, 10],
        [1, 1, 6],
        [2, 1, 20],
      ],
    );
    assert.deepEqual(timeline.rows, [2]);
    assert.equal(timeline.endMs, 20);
  });
});

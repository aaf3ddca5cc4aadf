import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Job, JobProgress } from "#api/burst.ts";
import { TaskStates } from "./burst-tasks.ts";

const job: Job = {
  id: "job_1",
  project: "photos",
  title: "Merge",
  package: "a".repeat(64),
  mode: "burst",
  state: "running",
  priority: 0,
  tasks: 4,
  done: 0,
  remembered: 0,
  stages: [],
  charged: "0",
  bound: "10",
  currency: "USD",
  createdAt: "2026-11-22T20:00:00.000Z",
  createdBy: "ada",
  results: [],
};
const progress = (tasks: JobProgress["tasks"], change: Partial<Job> = {}): JobProgress => ({
  job: { ...job, ...change },
  tasks,
});

describe("states of a job's tasks", () => {
  it("a worker keeps its number, and a task that begins again has no end", () => {
    const states = new TaskStates();
    states.apply(
      progress([
        { task: 0, state: "running", worker: "north", attempts: 1, startedMs: 5 },
        { task: 1, state: "done", worker: "south", attempts: 1, startedMs: 5, endedMs: 9 },
      ]),
      0,
    );
    assert.deepEqual(states.workers, ["north", "south"]);
    assert.equal(states.workerOf(1), 1);
    assert.equal(states.workerOf(2), undefined);
    assert.equal(states.endedMs(1), 9);
    states.apply(progress([{ task: 1, state: "running", worker: "north", attempts: 2, startedMs: 12 }]), 0);
    assert.equal(states.workerOf(1), 0);
    assert.equal(states.attempts(1), 2);
    assert.ok(Number.isNaN(states.endedMs(1)));
  });

  it("who drew a version learns what changed after it, and everything when all did", () => {
    const states = new TaskStates();
    states.apply(progress([{ task: 3, state: "ready", attempts: 0 }]), 0);
    const drawn = states.version;
    assert.deepEqual(states.changedSince(drawn), []);
    states.apply(progress([{ task: 2, state: "running", worker: "north", attempts: 1 }]), 0);
    assert.deepEqual(states.changedSince(drawn), [2]);
    states.apply(progress([], { state: "succeeded" }), 0);
    assert.equal(states.changedSince(drawn), undefined);
    assert.deepEqual(
      [0, 1, 2, 3].map((task) => states.state(task)),
      ["done", "done", "done", "done"],
    );
  });

  it("tasks that the job does not have are not believed", () => {
    const states = new TaskStates();
    states.apply(progress([{ task: 4, state: "done", attempts: 1 }]), 0);
    assert.equal(states.count, 4);
    assert.equal(states.state(4), "waiting");
  });
});

import assert from "node:assert/strict";
import { it } from "node:test";
import { runLimits } from "./limits.ts";
import { WorkerState } from "./worker-state.ts";

it("a worker is believed to hold what it brought and what it made last, not all that it ever had", () => {
  const facts = {
    key: "a",
    name: "a",
    kind: "agent",
    trust: "pool",
    slots: 1,
    memoryBytes: 1,
    speed: 1,
  } as const;
  const worker = new WorkerState(1, { ...facts, levels: ["wasm"], holds: ["brought"] }, 0);
  assert.ok(worker.holdsAny && worker.has("brought"));
  for (let made = 0; made < runLimits.maxHolds; made += 1) worker.hold(`blob-${made}`);
  assert.ok(!worker.has("brought"), "it is older than all that may be held");
  const newest = Array.from({ length: runLimits.maxHolds / 2 }, (_, index) => runLimits.maxHolds - 1 - index);
  assert.ok(newest.every((made) => worker.has(`blob-${made}`)));
  for (let again = 0; again < runLimits.maxHolds * 2; again += 1) {
    worker.hold("used");
    worker.hold(`more-${again}`);
  }
  assert.ok(worker.has("used") && !worker.has(`blob-${runLimits.maxHolds - 1}`));
});

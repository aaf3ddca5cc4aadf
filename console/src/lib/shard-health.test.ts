import assert from "node:assert/strict";
import { test } from "node:test";
import { shardHealth } from "./shard-health.ts";

type State = "good" | "missing" | "damaged" | "unknown";
const extent = (k: number, m: number, states: readonly State[]) => ({
  id: "e",
  size: 1,
  k,
  m,
  shards: states.map((state, shard) => ({ drive: shard + 1, shard, state })),
});

test("the health of an object's shards is that of its worst extent", () => {
  const whole = extent(2, 1, ["good", "good", "unknown"]);
  assert.deepEqual(shardHealth([whole]), { tone: "good", text: "Nothing is missing; 1 more drive may fail" });
  assert.equal(shardHealth([whole, extent(2, 1, ["good", "damaged", "good"])]).tone, "warn");
  assert.equal(shardHealth([extent(2, 1, ["missing", "damaged", "good"])]).tone, "bad");
  assert.equal(shardHealth([extent(1, 0, ["good"])]).tone, "warn", "one drive only is told");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#sim/clock.ts";
import { storeLimits } from "../limits.ts";
import { Notices } from "./notices.ts";

test("a commit after a pause tells others at once; a burst behind it is told once, soon after", async () => {
  const clock = new ManualClock();
  let sent = 0;
  using notices = new Notices(clock, () => (sent += 1));
  assert.deepEqual([notices.due(), notices.due(), notices.due()], [true, false, false]);
  assert.equal(sent, 0);
  await clock.advance(storeLimits.noticeEveryMs);
  assert.equal(sent, 1);
  assert.equal(notices.due(), false, "the notice that was just sent counts");
  await clock.advance(storeLimits.noticeEveryMs);
  assert.equal(sent, 2);
  await clock.advance(storeLimits.noticeEveryMs);
  assert.equal(notices.due(), true);
});

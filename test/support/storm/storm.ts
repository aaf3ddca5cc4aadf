import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { systemClock } from "#lib/clock.ts";
import { sampleServing, type StormCenter } from "./center.ts";
import { startStormLoad } from "./load.ts";
import type { Scene } from "./scenes.ts";
import { idleClaims, judge, tellFailures, untruths, type Kill } from "./verdict.ts";

/** Plays scenes one after the other under load of every kind, and demands that nobody noticed. */
export async function playStorm(
  context: TestContext,
  storm: StormCenter,
  {
    app,
    scenes,
    leastSeconds,
  }: { readonly app: string; readonly scenes: readonly Scene[]; readonly leastSeconds: number },
): Promise<void> {
  const kills: Kill[] = [];
  const from = systemClock.monotonic();
  const load = startStormLoad(storm.target(app));
  const serving = sampleServing(storm, app);
  try {
    for (const scene of scenes) {
      const before = systemClock.monotonic();
      await scene.run(storm, app, kills);
      const took = Math.round(systemClock.monotonic() - before);
      context.diagnostic(`${scene.name}: at ${Math.round(before - from)} ms, for ${took} ms`);
    }
    const left = leastSeconds * 1000 - (systemClock.monotonic() - from);
    if (left > 0) await systemClock.sleep(left);
  } finally {
    await load.stop();
  }
  const samples = await serving.stop();
  const { lost, failed } = judge(load.tally, kills);
  context.diagnostic(load.tally.table());
  context.diagnostic(`lost with killed instances: ${lost.length}\n${tellFailures(lost, from)}`);
  assert.equal(failed.length, 0, `${failed.length} requests failed:\n${tellFailures(failed, from)}`);
  const { answers } = load.tally;
  assert.deepEqual(untruths(answers, samples).slice(0, 20), [], "who answered was said to serve");
  assert.deepEqual(idleClaims(answers, samples).slice(0, 20), [], "who was said to serve answered");
}

import { inspect } from "node:util";
import { crashHistory, runHistory } from "#sim/object-store-history.ts";

/**
 * `node sim/object-store-crash.ts SEED [COUNT]`: one history once more, or so many from that seed on.
 * `node sim/object-store-crash.ts every-operation [STRIDE]`: one life, ended at each of its operations, or at every so many.
 */
const [first = "1", count = "1"] = process.argv.slice(2);
const begun = performance.now();
let done = 0;
let requests = 0;
let failed = 0;

async function attempt(name: string, history: () => Promise<{ readonly requests: number }>): Promise<void> {
  done += 1;
  try {
    requests += (await history()).requests;
  } catch (error) {
    failed += 1;
    process.exitCode = 1;
    process.stderr.write(`${name}: ${inspect(error)}\n`);
  }
}

if (first === "every-operation") {
  const stride = Math.max(1, Number(count));
  for (const drives of [1, 2, 3, 6]) {
    const { operations } = await crashHistory(drives, Infinity);
    for (let crashAt = 1; crashAt <= operations; crashAt += stride)
      await attempt(`${drives} drives, operation ${crashAt}`, () => crashHistory(drives, crashAt));
  }
} else
  for (let seed = Number(first); seed < Number(first) + Number(count); seed += 1)
    await attempt(`seed ${seed}`, () => runHistory(seed));
const seconds = ((performance.now() - begun) / 1000).toFixed(1);
process.stdout.write(`${done} histories with ${requests} requests in ${seconds} s, ${failed} failed\n`);

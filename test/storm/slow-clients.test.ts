import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import { systemClock } from "#lib/clock.ts";
import { deployStorm, startStormCenter, type StormCenter } from "#test/support/storm/center.ts";
import { gatewayStatuses } from "#test/support/storm/gateways.ts";
import { reader } from "#test/support/storm/http1-clients.ts";
import { Tally } from "#test/support/storm/tally.ts";
import { tellFailures } from "#test/support/storm/verdict.ts";
import { waitFor } from "#test/support/wait-for.ts";

const count = Number(process.env["VDC_SLOW_SOCKETS"] ?? 5_000);
const measureMs = 8_000;

interface Seen {
  readonly opened: number;
  readonly timedOut: number;
  readonly otherwise: number;
}

describe("clients that send a byte a second", () => {
  let storm: StormCenter;
  before(async () => {
    storm = await startStormCenter();
    await deployStorm(storm, 1);
  });
  after(async () => await storm?.[Symbol.asyncDispose]());

  it("disturb nobody, and are closed when the time for a head is over", async (context) => {
    const target = storm.target("storm");
    await measure(storm, measureMs / 2); // warms what would be slow the first time
    const quiet = await measure(storm, measureMs);
    const worker = new Worker(new URL("../support/storm/slow-sockets.ts", import.meta.url), {
      workerData: { port: target.port, host: target.host, count },
    });
    let seen: Seen = { opened: 0, timedOut: 0, otherwise: 0 };
    worker.on("message", (message: Seen) => (seen = message));
    const ended = once(worker, "exit");
    await waitFor(() => (seen.opened === count ? true : undefined), {
      withinMs: 30_000,
      what: "all are open",
    });
    const most = (await gatewayStatuses(storm)).reduce((sum, { connections }) => sum + connections, 0);
    const slow = await measure(storm, measureMs);
    await waitFor(() => (seen.timedOut + seen.otherwise === count ? true : undefined), {
      withinMs: 60_000,
      what: "all are closed",
    });
    await ended;
    context.diagnostic(`${most} connections at once; quiet ${tell(quiet)}; among slow ones ${tell(slow)}`);
    assert.deepEqual(seen, { opened: count, timedOut: count, otherwise: 0 }, "each was told why");
    assert.ok(slow.p99 < 10 * quiet.p99, `p99 ${slow.p99} ms, and ${quiet.p99} ms before`);
  });
});

interface Measured {
  readonly p50: number;
  readonly p99: number;
  readonly answered: number;
}

/** Of clients on kept and on fresh connections. */
async function measure(storm: StormCenter, forMs: number): Promise<Measured> {
  const tally = new Tally();
  const { signal } = { signal: AbortSignal.timeout(forMs) };
  const target = storm.target("storm");
  await Promise.all(
    [true, true, false, false].map(
      async (kept) => await reader(target, tally, { signal, kept, pauseMs: 10, paths: ["/"] }),
    ),
  );
  assert.equal(tally.failures.length, 0, tellFailures(tally.failures, systemClock.monotonic()));
  const took = tally.answers.map(({ startedAt, endedAt }) => endedAt - startedAt).toSorted((a, b) => a - b);
  const at = (share: number) => Math.round((took[Math.floor((took.length - 1) * share)] ?? 0) * 10) / 10;
  return { p50: at(0.5), p99: at(0.99), answered: took.length };
}

function tell({ p50, p99, answered }: Measured): string {
  return `${answered} answered, p50 ${p50} ms, p99 ${p99} ms`;
}

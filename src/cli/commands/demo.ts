import { VdcError } from "#api/errors.ts";
import { appKey, getApp } from "#cli/apps/app-target.ts";
import type { Call } from "#cli/declare.ts";
import { formatOf } from "#cli/output/print.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { jsonLine } from "#cli/output/structured.ts";
import { bytesText } from "#cli/output/units.ts";
import type { VisitSample } from "#cli/ports.ts";
import { withSession } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";

const usualApp = "newsroom";
const usualRate = 50;
const usualDurationMs = 60_000;
const usualStreams = 5;
/** A demonstration, not a benchmark: it shares the machine with what it shows. */
const mostPerSecond = 1_000;
const longestMs = 3_600_000;
const mostStreams = 200;

/** `vdc demo traffic [APP]`: real requests to an app, at a bounded rate, so that there is something to look at. */
export async function demoTraffic(call: Call): Promise<void> {
  const key = appKey(call, call.words[0] ?? usualApp);
  const requestsPerSecond = call.flags.whole("rate", 1) ?? usualRate;
  const durationMs = call.flags.durationMs("for") ?? usualDurationMs;
  const streams = call.flags.whole("streams", 0) ?? usualStreams;
  if (requestsPerSecond > mostPerSecond)
    throw new UsageError(`at most ${mostPerSecond} requests a second; a benchmark needs other tools`);
  if (durationMs > longestMs) throw new UsageError("at most one hour");
  if (streams > mostStreams) throw new UsageError(`at most ${mostStreams} streams`);
  await withSession(call, async (session) => {
    const app = await getApp(session, key);
    const url = app.status.urls?.[0];
    if (url === undefined)
      throw new VdcError(
        "unavailable",
        `App ${key.name} has no address yet; see \`vdc app get ${key.name}\`.`,
      );
    if (!url.startsWith("http:"))
      throw new VdcError(
        "unsupported",
        "Visitors speak plain HTTP only, and this app is at another address.",
      );
    if (formatOf(call) !== "json")
      call.io.stderr(
        `${requestsPerSecond} requests a second to ${url} for ${durationMs / 1000} s; Ctrl-C stops\n`,
      );
    const total = { requests: 0, failures: 0 };
    const visits = session.ports.visit({ url, requestsPerSecond, durationMs, streams }, call.io.signal);
    for await (const sample of visits) {
      total.requests += sample.requests;
      total.failures += sample.failures;
      call.io.stdout(formatOf(call) === "json" ? jsonLine(sample) : `${visitLine(sample)}\n`);
    }
    if (formatOf(call) !== "json") call.io.stderr(`${total.requests} answered, ${total.failures} failed\n`);
  });
}

export function visitLine(sample: VisitSample): string {
  const failure = sample.lastFailure === undefined ? "" : `   ${harmlessLine(sample.lastFailure)}`;
  return [
    `${(sample.elapsedMs / 1000).toFixed(0)} s`.padStart(6),
    `${sample.requests} answered`.padStart(15),
    `${sample.failures} failed`.padStart(11),
    `${sample.waiting} waiting`.padStart(12),
    `p50 ${sample.p50Ms.toFixed(1)} ms`.padStart(15),
    `p99 ${sample.p99Ms.toFixed(1)} ms`.padStart(15),
    bytesText(sample.bytes).padStart(12),
    failure,
  ].join("");
}

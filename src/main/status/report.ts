import type { Signal } from "#api/incidents.ts";
import { background } from "#lib/background.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import { callSocket } from "#main/supervisor/socket-call.ts";

/** The status process misses a source after five of these. */
const everyMs = 1_000;
const withinMs = 2_000;

/**
 * Tells the status process each second what holds. It may start later than we do, or not be there at all: nobody waits for it. Ending in order is said, so that it is not
 * taken for a silence.
 */
export function startReporting(options: {
  readonly from: string;
  readonly socket: string;
  readonly signals: () => Promise<readonly Signal[]> | readonly Signal[];
  readonly clock: Clock;
  readonly log: Log;
}): { stop(isLeaving: boolean): Promise<void> } {
  const { from, socket, signals, clock, log } = options;
  const stopping = new AbortController();
  const post = async (path: string, body: object) => {
    await callSocket(socket, {
      method: "POST",
      path,
      body: JSON.stringify(body),
      withinMs,
      who: "the status process",
    });
  };
  const run = async () => {
    while (!stopping.signal.aborted) {
      const report = async () => await post("/v1/report", { from, signals: [...(await signals())] });
      await report().catch((error: unknown) => log.debug("status.report.failed", { error }));
      await clock.sleep(everyMs, stopping.signal).catch(() => undefined); // it is stopping
    }
  };
  background(run(), "status.report", log);
  return {
    stop: async (isLeaving) => {
      stopping.abort();
      if (!isLeaving) return;
      await post("/v1/leave", { from }).catch(() => undefined); // it may be gone as well
    },
  };
}

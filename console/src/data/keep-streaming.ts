import { VdcError } from "#api/errors.ts";
import { backoffMs } from "#lib/backoff.ts";
import { browserClock } from "#console/lib/clock.ts";
import { browserRandom } from "#console/lib/random.ts";

const retry = { baseMs: 500, maxMs: 10_000 };

/** How a stream does, for people: `waiting` is between two tries. */
export type StreamState =
  | { readonly phase: "connecting" | "live" }
  | { readonly phase: "waiting"; readonly error: unknown };

/** Codes after which another try gives the same answer. */
const final = new Set(["not-found", "forbidden", "invalid", "unsupported"]);

/**
 * Opens a stream again and again until the signal aborts, with a growing wait between two tries. `open` gets to
 * `onLive` as soon as something came. Ends early, in `waiting`, for an error that another try cannot mend.
 */
export async function keepStreaming(
  signal: AbortSignal,
  open: (onLive: () => void) => Promise<void>,
  show: (state: StreamState) => void,
): Promise<void> {
  show({ phase: "connecting" });
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    let error: unknown = new VdcError("unreachable", "The stream ended.");
    try {
      await open(() => {
        attempt = 0;
        show({ phase: "live" });
      });
    } catch (thrown) {
      error = thrown;
    }
    if (signal.aborted) return;
    show({ phase: "waiting", error });
    if (error instanceof VdcError && final.has(error.code)) return;
    await browserClock.sleep(backoffMs(attempt, retry, browserRandom), signal);
  }
}

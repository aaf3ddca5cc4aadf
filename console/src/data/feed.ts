import { createClient } from "#api/client.ts";
import { VdcError } from "#api/errors.ts";
import type { Change } from "#api/records.ts";
import { backoffMs } from "#lib/backoff.ts";
import { sessionFetch } from "#console/data/api.ts";
import type { BrowserClock } from "#console/lib/clock.ts";
import { browserRandom } from "#console/lib/random.ts";

export type FeedState = "connecting" | "live" | "lost";

export interface FeedOptions {
  readonly clock: BrowserClock;
  /** The revision that the cache was first read at. */
  readonly since: number;
  readonly onChange: (change: Change) => void;
  /** Reads the cache again; answers the revision to go on from. */
  readonly onCompacted: (signal: AbortSignal) => Promise<number>;
  readonly onState: (state: FeedState) => void;
}

export interface Feed {
  /** Ends a wait between two attempts: the network is back, or somebody asked. */
  hurry(): void;
  /** The revision that a later feed can resume after. */
  position(): number;
}

const retry = { baseMs: 400, maxMs: 8000 };
/** The server speaks at least every 15 s; after this long the line is dead, whatever TCP believes. */
const silenceMs = 40_000;
/** Short losses, such as a restart of control, pass without a word. */
const patienceMs = 1500;

/**
 * The tab's one event stream, until the signal aborts. It resumes after the last revision that it gave, so no change
 * is given twice or left out.
 */
export function startFeed(options: FeedOptions, signal: AbortSignal): Feed {
  const notice = lossNotice(options);
  signal.addEventListener("abort", notice.cancel, { once: true });
  let since = options.since;
  let attempt = 0;
  let wake = new AbortController();

  async function connection(): Promise<void> {
    const line = openLine(options.clock, signal, () => {
      attempt = 0;
      notice.opened();
    });
    try {
      for await (const message of line.client.watch({ since }, line.signal)) {
        if (message.type === "change") options.onChange(message.change);
        since = Math.max(since, message.revision);
      }
    } finally {
      line.close();
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        await connection();
      } catch (error) {
        if (error instanceof VdcError && error.code === "unauthenticated") return notice.cancel();
        if (error instanceof VdcError && error.code === "compacted")
          since = await options.onCompacted(signal).catch(() => since); // it failed: the next round asks again
        // Anything else is a broken line, and its cure is the same: wait and connect again.
      }
      if (signal.aborted) return;
      notice.lost();
      wake = new AbortController();
      await options.clock.sleep(
        backoffMs(attempt, retry, browserRandom),
        AbortSignal.any([signal, wake.signal]),
      );
      attempt += 1;
    }
  }

  void run(); // ends with the signal and catches everything inside
  return { hurry: () => wake.abort(), position: () => since };
}

/** Says `lost` once, when a loss has lasted, and `live` as soon as the line is open. */
function lossNotice(options: Pick<FeedOptions, "clock" | "onState">) {
  let cancelPending: (() => void) | undefined;
  const cancel = () => {
    cancelPending?.();
    cancelPending = undefined;
  };
  return {
    cancel,
    lost() {
      cancelPending ??= options.clock.after(patienceMs, () => options.onState("lost"));
    },
    opened() {
      cancel();
      options.onState("live");
    },
  };
}

/** A connection with a watch on its silence. */
function openLine(clock: BrowserClock, signal: AbortSignal, onOpen: () => void) {
  const broken = new AbortController();
  let cancelWatch = () => {};
  const heard = () => {
    cancelWatch();
    cancelWatch = clock.after(silenceMs, () => broken.abort(new DOMException("silent line", "TimeoutError")));
  };
  heard();
  const client = createClient({
    baseUrl: "",
    timeoutMs: silenceMs,
    fetch: async (url, init) => {
      const response = await sessionFetch(url, init);
      if (!response.ok || response.body === null) return response;
      onOpen();
      const listened = response.body.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform(chunk, controller) {
            heard();
            controller.enqueue(chunk);
          },
        }),
      );
      return new Response(listened, { status: response.status, headers: response.headers });
    },
  });
  return { client, signal: AbortSignal.any([signal, broken.signal]), close: () => cancelWatch() };
}

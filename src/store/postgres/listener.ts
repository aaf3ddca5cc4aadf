import pg from "pg";
import { backoffMs } from "#lib/backoff.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import { storeLimits } from "../limits.ts";
import { connectionSettings } from "./connection.ts";

/**
 * Keeps one connection that listens, and calls `wake` at each notification and after each reconnect. It may
 * miss some: they are only wake-ups, and the hub also looks by itself. Ends when the signal aborts.
 */
export async function listen(options: {
  readonly url: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Called with the server process that sent the notification, or undefined after a reconnect. */
  readonly wake: (from?: number) => void;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { signal, log } = options;
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      await listenOnce(options, () => (attempt = 0));
    } catch (error) {
      log.warn("store.listener.lost", { error });
    }
    const limits = { baseMs: storeLimits.reconnectBaseMs, maxMs: storeLimits.reconnectMaxMs };
    // The sleep rejects only by the signal, which the loop's condition sees next.
    await options.clock.sleep(backoffMs(attempt, limits, options.random), signal).catch(() => undefined);
  }
}

/** Listens on one connection until it is lost or the signal aborts. */
async function listenOnce(
  options: { readonly url: string; readonly wake: (from?: number) => void; readonly signal: AbortSignal },
  connected: () => void,
): Promise<void> {
  const client = new pg.Client(connectionSettings(options.url, "listen"));
  const lost = Promise.withResolvers<void>();
  lost.promise.catch(() => undefined); // it may be lost before anybody waits for it
  client.on("error", lost.reject);
  client.on("end", lost.resolve);
  client.on("notification", ({ processId }) => options.wake(processId));
  const stop = () => lost.resolve();
  options.signal.addEventListener("abort", stop, { once: true });
  try {
    await client.connect();
    await client.query("LISTEN vdc_changes");
    connected();
    options.wake();
    if (!options.signal.aborted) await lost.promise;
  } finally {
    options.signal.removeEventListener("abort", stop);
    await client.end().catch(() => undefined); // a lost connection has nothing to end
  }
}

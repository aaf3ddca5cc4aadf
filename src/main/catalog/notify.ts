import { boundFetch } from "#drivers/bound-fetch/bound-fetch.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import { isPrivateAddress } from "#objects/care/endpoint-target.ts";
import { Notifier } from "#objects/care/notify.ts";
import type { CatalogProcess } from "./catalog-process.ts";
import { sealerOf } from "./master-key.ts";

/** A receiver that is slower says nothing. */
const answerWithinMs = 10_000;

/** Drops come with every write while an outbox is full: the log has them together. */
const tellEveryMs = 60_000;

/** Counts what no receiver gets, and says so in the log. */
export function dropCounter(
  count: (events: number) => void,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): (events: number) => void {
  let toldAt = -Infinity;
  let untold = 0;
  return (events) => {
    count(events);
    untold += events;
    const now = clock.monotonic();
    if (now - toldAt < tellEveryMs) return;
    log.warn("care.events.dropped", { events: untold });
    toldAt = now;
    untold = 0;
  };
}

/** Sends the events of this process's store. */
export function processNotifier(
  process: CatalogProcess,
  {
    clock,
    random,
    dropped,
  }: { readonly clock: Clock; readonly random: Random; readonly dropped: (events: number) => void },
): Notifier {
  const limits = { idleMs: answerWithinMs };
  const anywhere = boundFetch({ via: "address" }, limits);
  const outside = boundFetch({ via: "address", refuses: isPrivateAddress }, limits);
  return new Notifier({
    rows: {
      endpoints: () => (process.isServing ? process.store.care.endpoints() : []),
      outbox: (project, endpoint, limit) => process.store.care.outbox(project, endpoint, limit),
      forgetEvents: async (keys) => await process.store.care.forgetEvents(keys),
    },
    open: (sealed) => {
      if (process.keys === undefined) throw new Error("there is no master key");
      return sealerOf(process.keys, random).open(sealed);
    },
    post: async ({ url, allowPrivate = false }, headers, body) => {
      const { fetch } = allowPrivate ? anywhere : outside;
      const signal = AbortSignal.timeout(answerWithinMs);
      const response = await fetch(url, { method: "POST", headers, body, signal });
      await response.body?.cancel();
      return response.status;
    },
    clock,
    random,
    dropped,
  });
}

import type { Kysely } from "kysely";
import { VdcError } from "#api/errors.ts";
import type { Change } from "#api/records.ts";
import type { Clock } from "#lib/clock.ts";
import { isoTime } from "#lib/clock.ts";
import { systemActor } from "#api/actor.ts";
import { storeLimits } from "../limits.ts";
import type { Feed, WatchBatch, WatchQuery } from "../store.ts";
import { unavailable } from "./errors.ts";
import type { FeedHub } from "./hub.ts";
import { logHead, logPage, type LogHead } from "./log-pages.ts";
import type { Database } from "./schema.ts";
import type { Writer } from "./writer.ts";

/** Watches are cursors that pull: a slow one holds nothing but its position, and reads the log when it is late. */
export class PostgresFeed implements Feed {
  readonly #db: Kysely<Database>;
  readonly #writer: Writer;
  readonly #hub: FeedHub;
  readonly #clock: Clock;
  #watchers = 0;

  constructor(db: Kysely<Database>, writer: Writer, hub: FeedHub, clock: Clock) {
    this.#db = db;
    this.#writer = writer;
    this.#hub = hub;
    this.#clock = clock;
  }

  /** Watches that are open now. */
  get watchers(): number {
    return this.#watchers;
  }

  head(): Promise<LogHead> {
    return logHead(this.#db);
  }

  async *watch(query: WatchQuery, signal: AbortSignal): AsyncGenerator<WatchBatch, void, undefined> {
    if (this.#watchers >= storeLimits.watchers) {
      throw new VdcError("busy", `${storeLimits.watchers} watches are open already.`);
    }
    this.#watchers += 1;
    try {
      await this.#checkStart(query.since);
      yield* this.#follow(query, signal);
    } finally {
      this.#watchers -= 1;
    }
  }

  async compact(limits: {
    readonly keepMs: number;
    readonly keepChanges: number;
    readonly batch: number;
  }): Promise<number> {
    const cutoff = isoTime(this.#clock.now() - limits.keepMs);
    const batch = Math.min(limits.batch, storeLimits.compactionBatch);
    // In the writer's line, since the floor stands in the row that all writers lock.
    return this.#writer.exclusive({ actor: systemActor("store") }, async (tx) => {
      const { revision } = await tx.selectFrom("head").select("revision").executeTakeFirstOrThrow();
      const lines = tx.selectFrom("changes").select(["revision", "at"]).orderBy("revision").limit(batch);
      const oldest = await lines.execute();
      const kept = oldest.findIndex(
        (line) => line.at >= cutoff && line.revision > revision - limits.keepChanges,
      );
      const gone = kept === -1 ? oldest.length : kept;
      const floor = oldest[gone - 1]?.revision;
      if (floor === undefined) return 0;
      await tx.deleteFrom("changes").where("revision", "<=", floor).execute();
      await tx.updateTable("head").set({ compacted: floor }).execute();
      return gone;
    });
  }

  /** A position before the floor is gone; one after the head is of another history, such as before a restore. */
  async #checkStart(since: number): Promise<void> {
    const { compacted, revision } = await logHead(this.#db);
    if (since < compacted || since > revision) throw tooOld(since, compacted);
    if (this.#hub.recent.revision < revision) this.#hub.wake();
  }

  async *#follow(query: WatchQuery, signal: AbortSignal): AsyncGenerator<WatchBatch, void, undefined> {
    let position = query.since;
    let told = false; // the first answer comes at once, also when it is empty: the watch stands
    let silentSince = this.#clock.monotonic();
    while (!signal.aborted) {
      if (this.#hub.ended.aborted) throw unavailable();
      const batch = await this.#next(query, position);
      position = batch.revision;
      const silentMs = this.#clock.monotonic() - silentSince;
      const caughtUp = position >= this.#hub.recent.revision;
      if (batch.changes.length > 0 || (!told && caughtUp) || silentMs >= storeLimits.bookmarkMs) {
        yield batch;
        told = true;
        silentSince = this.#clock.monotonic();
      } else if (caughtUp) await this.#news(position, storeLimits.bookmarkMs - silentMs, signal);
    }
  }

  /** What is next for this watch, from memory when it is there. Advances over what the query does not want. */
  async #next(query: WatchQuery, position: number): Promise<WatchBatch> {
    const { recent } = this.#hub;
    if (position >= recent.floor) {
      // A position ahead of this process' own reading waits until it is there.
      if (position >= recent.revision) return { changes: [], revision: position };
      const slice = recent.after(position, storeLimits.watchBatch);
      return { changes: wanted(slice, query), revision: position + slice.length };
    }
    const page = await logPage(this.#db, { ...query, since: position });
    if (position < page.compacted) throw tooOld(position, page.compacted);
    const last = page.changes.at(-1);
    const full = page.changes.length >= storeLimits.watchBatch && last !== undefined;
    return { changes: page.changes, revision: full ? last.revision : page.revision };
  }

  /** Waits until there is something after `position`, the time for a bookmark, or the end. */
  async #news(position: number, withinMs: number, signal: AbortSignal): Promise<void> {
    const woken = Promise.withResolvers<void>();
    const wake = () => woken.resolve();
    using calls = new DisposableStack();
    calls.use(this.#hub.onNews(wake));
    calls.use(this.#clock.after(withinMs, wake));
    signal.addEventListener("abort", wake, { once: true });
    calls.defer(() => signal.removeEventListener("abort", wake));
    // Between the look and the listening something may have come.
    if (this.#hub.recent.revision > position || signal.aborted || this.#hub.ended.aborted) return;
    await woken.promise;
  }
}

/** The changes themselves are shared by all watchers; the list is too when nothing is left out. */
function wanted(changes: readonly Change[], query: WatchQuery): readonly Change[] {
  const { kinds, project, name } = query;
  if (kinds === undefined && project === undefined && name === undefined) return changes;
  return changes.filter(
    (change) =>
      (kinds === undefined || kinds.includes(change.kind)) &&
      (project === undefined || change.project === project) &&
      (name === undefined || change.name === name),
  );
}

function tooOld(since: number, compacted: number): VdcError {
  return new VdcError(
    "compacted",
    `Changes after ${since} are no longer kept; the oldest are after ${compacted}.`,
    {
      extra: { compacted },
    },
  );
}

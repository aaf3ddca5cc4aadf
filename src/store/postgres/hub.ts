import type { Kysely } from "kysely";
import type { Change } from "#api/records.ts";
import { background } from "#lib/background.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import { storeLimits } from "../limits.ts";
import { listen } from "./listener.ts";
import { logHead, logPage } from "./log-pages.ts";
import { RecentChanges } from "./recent-changes.ts";
import type { Database } from "./schema.ts";

/**
 * One for each process: reads the log once for all its watchers. It looks after its own commits, after a
 * notification of another process, and every second in case both were lost.
 *
 * Invariant: what it knows has no gap. When it is too far behind, or the log was compacted under it, it forgets
 * and goes on from the head; watchers then read the log themselves.
 */
export class FeedHub implements AsyncDisposable {
  readonly recent: RecentChanges;
  readonly #db: Kysely<Database>;
  readonly #log: Log;
  readonly #ended = new AbortController();
  readonly #waiters = new Set<() => void>();
  #tasks: Promise<unknown> = Promise.resolve();
  #reading: Promise<void> | undefined;
  #again = false;

  constructor(db: Kysely<Database>, revision: number, log: Log) {
    this.#db = db;
    this.#log = log;
    this.recent = new RecentChanges(revision, storeLimits.recentChanges);
  }

  /** Aborts when the hub is disposed: watches end then. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  start(options: { readonly url: string; readonly clock: Clock; readonly random: Random }): void {
    const shared = {
      ...options,
      log: this.#log,
      signal: this.#ended.signal,
      wake: (from?: number) => this.#notified(from),
    };
    const tasks = Promise.all([listen(shared), this.#poll(options.clock)]);
    this.#tasks = tasks;
    background(tasks, "store.feed", this.#log);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    this.#wakeWaiters();
    await this.#tasks;
    await this.#reading;
  }

  /** Names the server process that works for our writer: its commits are told directly. */
  ownBackend: number | undefined;

  /** Takes what this process committed; what is not next in line is read from the log instead. */
  committed(changes: readonly Change[]): void {
    const [first] = changes;
    if (first === undefined) return;
    if (this.#reading === undefined && first.revision === this.recent.revision + 1) {
      this.recent.push(changes);
      this.#wakeWaiters();
    } else this.wake();
  }

  /** Reads what is new, soon. Any number of calls during a reading make one more. */
  wake(): void {
    this.#again = true;
    if (this.#reading !== undefined || this.#ended.signal.aborted) return;
    this.#reading = this.#read();
    background(this.#reading, "store.feed.read", this.#log);
  }

  /** Calls back once when something is new or the hub ends. */
  onNews(callback: () => void): Disposable {
    this.#waiters.add(callback);
    return { [Symbol.dispose]: () => void this.#waiters.delete(callback) };
  }

  /**
   * Our own notification often overtakes the answer to our own commit; reading the log for it would be for
   * nothing. When that answer is lost with its connection, the poll finds the commit within a second.
   */
  #notified(from: number | undefined): void {
    if (from === undefined || from !== this.ownBackend) this.wake();
  }

  async #read(): Promise<void> {
    try {
      while (this.#again && !this.#ended.signal.aborted) {
        this.#again = false;
        await this.#readToHead();
      }
    } catch (error) {
      // The database is away: the poll asks again in a second.
      this.#log.warn("store.feed.read.failed", { error });
    } finally {
      this.#reading = undefined;
    }
  }

  async #readToHead(): Promise<void> {
    for (;;) {
      const since = this.recent.revision;
      const page = await logPage(this.#db, { since }, storeLimits.feedPage);
      if (page.revision === since) return;
      if (
        page.revision < since ||
        page.compacted > since ||
        page.revision - since > storeLimits.recentChanges
      ) {
        this.recent.restart(page.revision);
      } else {
        this.recent.push(page.changes);
      }
      this.#wakeWaiters();
      if (this.recent.revision >= page.revision || this.#ended.signal.aborted) return;
    }
  }

  async #poll(clock: Clock): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      // The sleep rejects only by the signal, which the loop's condition sees next.
      await clock.sleep(storeLimits.feedPollMs, signal).catch(() => undefined);
      if (!signal.aborted) this.wake();
    }
  }

  #wakeWaiters(): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter();
  }
}

/** Where a hub begins: at the head, with nothing in memory. */
export async function openHub(db: Kysely<Database>, log: Log): Promise<FeedHub> {
  return new FeedHub(db, (await logHead(db)).revision, log);
}

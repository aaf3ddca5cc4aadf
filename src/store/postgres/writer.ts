import { CompiledQuery, Kysely, PostgresDialect, sql, type Transaction } from "kysely";
import type pg from "pg";
import type { Attribution } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import type { Change, NewAuditEntry, NewEvent } from "#api/records.ts";
import { background } from "#lib/background.ts";
import type { Log } from "#lib/log.ts";
import { storeLimits } from "../limits.ts";
import { sanitized } from "../storable.ts";
import { together } from "./connection.ts";
import { Batch, type BatchWorld } from "./batch.ts";
import { isDataFault, storeError, unavailable } from "./errors.ts";
import { load } from "./load.ts";
import { Notices } from "./notices.ts";
import type { Database } from "./schema.ts";
import { beginLocked, writeBatch } from "./statements.ts";
import type { Head, Needs } from "./view.ts";

/** One mutation: what it must know, how much it is, and what it does to the batch. A throw refuses it alone. */
export interface Intent<T> {
  readonly needs: Needs;
  /** Characters of JSON that it brings. */
  readonly bytes: number;
  readonly plan: (batch: Batch) => T;
}

/** What an exclusive transaction writes beside its own tables. */
export interface TransactionRecords {
  audit(entry: Omit<NewAuditEntry, "actor" | "address" | "requestId" | "operationId">): void;
  event(event: NewEvent): void;
}

export type TransactionWork<T> = (tx: Transaction<Database>, records: TransactionRecords) => Promise<T>;

interface Waiting {
  readonly intent: Intent<unknown>;
  readonly done: (value: unknown) => void;
  readonly refused: (error: unknown) => void;
}

/** Who hears of a transaction after its commit. */
interface Committed {
  /** The changes of each, in order. */
  readonly changes: (changes: readonly Change[]) => void;
  readonly observe: (commit: { readonly mutations: number; readonly seconds: number }) => void;
}

type Job =
  | ({ readonly type: "intent"; readonly bytes: number } & Waiting)
  | {
      readonly type: "exclusive";
      readonly bytes: 0;
      readonly run: () => Promise<void>;
      readonly refused: (error: unknown) => void;
    };

/**
 * The only way to write. Mutations of this process stand in one bounded line; the writer takes many of them at
 * once into one transaction, under the lock of the head row that all processes share, and acknowledges them
 * together when PostgreSQL has them on disk. So the cost of a commit is shared, and commit order is revision order.
 *
 * Invariant: a mutation is acknowledged only after its COMMIT was. One whose fate is unknown is `unavailable`.
 */
export class Writer implements AsyncDisposable {
  readonly #pool: pg.Pool;
  readonly #kysely: Kysely<Database>;
  readonly #world: BatchWorld;
  readonly #log: Log;
  readonly #committed: Committed;
  readonly #notices: Notices;
  #line: Job[] = [];
  #waitingBytes = 0;
  #pumping: Promise<void> | undefined;
  #closed = false;

  constructor(pool: pg.Pool, world: BatchWorld, log: Log, committed: Committed) {
    this.#pool = pool;
    this.#kysely = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
    this.#world = world;
    this.#log = log;
    this.#committed = committed;
    // Over the writer's own connection, by which the hub knows its own notices.
    const notify = () => pool.query("SELECT pg_notify('vdc_changes', '')");
    this.#notices = new Notices(world.clock, () => background(notify(), "store.notice", log));
  }

  /** Mutations that wait now. */
  get waiting(): number {
    return this.#line.length;
  }

  /** Puts a mutation into the line; resolves when it is on disk. `busy` when the line is full. */
  submit<T>(intent: Intent<T>): Promise<T> {
    return this.#enqueue((resolve, refused) => {
      const done = (value: unknown) => resolve(value as T); // the value is what this very intent's plan returned
      return { type: "intent", bytes: intent.bytes, intent, done, refused };
    });
  }

  /** Runs `work` in a transaction of its own, alone, with its records in the same commit. */
  exclusive<T>(by: Attribution, work: TransactionWork<T>): Promise<T> {
    return this.#enqueue((resolve, refused) => ({
      type: "exclusive",
      bytes: 0,
      run: async () => resolve(await this.#transact(by, work)),
      refused,
    }));
  }

  /** Ends after what is under way; what still waits is `unavailable`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const job of this.#line.splice(0)) job.refused(unavailable());
    await this.#pumping;
    this.#notices[Symbol.dispose]();
    await this.#kysely.destroy();
  }

  #enqueue<T>(job: (resolve: (value: T) => void, refused: (error: unknown) => void) => Job): Promise<T> {
    if (this.#closed) return Promise.reject(unavailable());
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const entry = job(resolve, reject);
    if (
      this.#line.length >= storeLimits.queuedIntents ||
      this.#waitingBytes + entry.bytes > storeLimits.queuedBytes
    ) {
      return Promise.reject(new VdcError("busy", `${this.#line.length} changes wait to be written already.`));
    }
    this.#waitingBytes += entry.bytes;
    this.#line.push(entry);
    if (this.#pumping === undefined) {
      this.#pumping = this.#pump();
      background(this.#pumping, "store.writer", this.#log);
    }
    return promise;
  }

  async #pump(): Promise<void> {
    try {
      while (this.#line.length > 0) {
        // Those who were just answered often ask again at once: the next tick comes after all of them have run,
        // so they join this batch and not the one after it.
        await new Promise<void>((resolve) => process.nextTick(resolve));
        const jobs = this.#nextJobs();
        const first = jobs[0];
        if (first?.type === "exclusive") await this.#runExclusive(first);
        else await this.#runBatch(jobs.filter((job) => job.type === "intent"));
      }
    } finally {
      this.#pumping = undefined;
    }
  }

  /** One exclusive job, or as many mutations from the front of the line as a batch may hold. */
  #nextJobs(): readonly Job[] {
    let count = 0;
    let bytes = 0;
    for (const job of this.#line) {
      const full = count >= storeLimits.batchIntents || bytes + job.bytes > storeLimits.batchBytes;
      if (count > 0 && (full || job.type === "exclusive")) break;
      count += 1;
      bytes += job.bytes;
      if (job.type === "exclusive") break;
    }
    this.#waitingBytes -= bytes;
    return this.#line.splice(0, count);
  }

  async #runExclusive(job: Job & { readonly type: "exclusive" }): Promise<void> {
    try {
      await job.run();
    } catch (error) {
      job.refused(storeError(error));
    }
  }

  async #runBatch(waiting: readonly Waiting[]): Promise<void> {
    const { answers, error } = await this.#commitBatch(waiting.map(({ intent }) => intent));
    if (error === undefined) {
      for (const [at, { done, refused }] of waiting.entries()) {
        const given = answers[at];
        if (given?.refused === false) done(given.value);
        else refused(given?.error);
      }
    } else if (isDataFault(error) && waiting.length > 1) {
      // One row that PostgreSQL does not take must not fail its neighbours. Nothing was written: each goes alone.
      for (const alone of waiting) await this.#runBatch([alone]);
    } else {
      for (const { refused } of waiting) refused(storeError(error));
    }
  }

  async #commitBatch(
    intents: readonly Intent<unknown>[],
  ): Promise<{ answers: readonly Answer[]; error?: unknown }> {
    let client: pg.PoolClient | undefined;
    try {
      client = await this.#pool.connect();
      const began = this.#world.clock.monotonic();
      const writing = client;
      const loaded = await together(writing, () => load(writing, writing.query(beginLocked), intents));
      const batch = new Batch(loaded, this.#world);
      const answers = intents.map((intent) => answer(intent, batch));
      await finish(client, batch, this.#notices);
      client.release();
      const seconds = (this.#world.clock.monotonic() - began) / 1000;
      if (!batch.empty) this.#committed.observe({ mutations: intents.length, seconds });
      this.#committed.changes(batch.changes);
      return { answers };
    } catch (error) {
      // The connection's state is unknown: it is closed, which also ends its transaction.
      client?.release(true);
      return { answers: [], error };
    }
  }

  async #transact<T>(by: Attribution, work: TransactionWork<T>): Promise<T> {
    let batch: Batch | undefined;
    const value = await this.#kysely.transaction().execute(async (tx) => {
      const { rows } =
        await sql<Head>`SELECT revision, compacted, audit_sequence, audit_hash FROM head FOR UPDATE`.execute(
          tx,
        );
      const [head] = rows;
      if (head === undefined) throw unavailable();
      const mine = new Batch(emptyLoad(head), this.#world);
      const result = await work(tx, {
        audit: (entry) => mine.addAudit(sanitized({ ...attributed(by), ...entry })),
        event: (event) => mine.addEvent(sanitized(event)),
      });
      // Also without records: a statement that failed and was swallowed by `work` must not look like a commit.
      const { text, values } = writeBatch(mine, this.#notices.due());
      await tx.executeQuery(CompiledQuery.raw(text, values));
      batch = mine;
      return result;
    });
    if (batch !== undefined) this.#committed.changes(batch.changes);
    return value;
  }
}

type Answer =
  | { readonly refused: false; readonly value: unknown }
  | { readonly refused: true; readonly error: unknown };

/** A plan changes the batch only at its end, so one that throws leaves no trace. */
function answer(intent: Intent<unknown>, batch: Batch): Answer {
  try {
    return { refused: false, value: intent.plan(batch) };
  } catch (error) {
    return { refused: true, error };
  }
}

async function finish(client: pg.PoolClient, batch: Batch, notices: Notices): Promise<void> {
  if (batch.empty) {
    await client.query("ROLLBACK");
    return;
  }
  const statement = writeBatch(batch, notices.due());
  const [written, committed] = await together(client, () =>
    Promise.allSettled([client.query(statement), client.query("COMMIT")]),
  );
  if (written.status === "rejected") throw written.reason;
  if (committed.status === "rejected") throw committed.reason;
  // PostgreSQL answers COMMIT of a failed transaction with ROLLBACK, and not with an error.
  if (committed.value.command !== "COMMIT")
    throw unavailable(new Error(`COMMIT answered ${committed.value.command}`));
}

function attributed(by: Attribution): Pick<NewAuditEntry, "actor" | "address" | "requestId" | "operationId"> {
  return {
    actor: by.actor,
    ...(by.address === undefined ? {} : { address: by.address }),
    ...(by.requestId === undefined ? {} : { requestId: by.requestId }),
    ...(by.operationId === undefined ? {} : { operationId: by.operationId }),
  };
}

function emptyLoad(head: Head) {
  return { head, resources: [], usage: [], owned: [], inProjects: [], leases: [], operations: [] };
}

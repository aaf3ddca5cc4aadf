import { Kysely, PostgresDialect, sql } from "kysely";
import type { Attribution } from "#api/actor.ts";
import type { KindRegistry } from "#api/kinds.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import { migrations } from "../migrations/migrations.ts";
import type { Store } from "../store.ts";
import { PostgresAudit } from "./audit.ts";
import { bufferedRandom } from "./buffered-random.ts";
import { readPool, writePool } from "./connection.ts";
import { PostgresEvents } from "./events.ts";
import { PostgresFeed } from "./feed.ts";
import { openHub } from "./hub.ts";
import { PostgresLeases } from "./leases.ts";
import { migrate } from "./migrate.ts";
import { PostgresOperations } from "./operations.ts";
import { answered, PostgresResources } from "./resources.ts";
import type { Database } from "./schema.ts";
import { Writer, type TransactionWork } from "./writer.ts";

export interface PostgresStore extends Store, AsyncDisposable {
  /**
   * An exclusive transaction through the writer's line, for the other tables of the house: its audit entries
   * and events are in the same commit. Keep `work` short: all writers wait meanwhile, and the server ends a
   * transaction that is idle for five seconds.
   */
  transact<T>(by: Attribution, work: TransactionWork<T>): Promise<T>;
  /** For reading the other tables. Writing goes through `transact`. */
  readonly db: Kysely<Database>;
  /** Resolves when the database answers; else `unavailable`. */
  ping(): Promise<void>;
  /** Numbers for metrics. */
  numbers(): Promise<StoreNumbers>;
}

export interface StoreNumbers {
  readonly revision: number;
  /** The oldest revision from which a watch can still start. */
  readonly compacted: number;
  /** Lines of the log that are kept: every revision has one. */
  readonly logLength: number;
  readonly auditSequence: number;
  /** Mutations that wait in this process. */
  readonly waitingWrites: number;
  /** Watches open in this process. */
  readonly watchers: number;
  /** Committed changes that this process has not read yet. */
  readonly feedLag: number;
}

/** Migrates the database and opens a store on it. Dispose it to end its connections. */
export async function openPostgresStore(options: {
  /** A direct connection: a pooler that shares sessions breaks LISTEN and prepared statements. */
  readonly url: string;
  readonly kinds: KindRegistry;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Hears of each commit of mutations: how many shared it, and how long it took from their being taken. */
  readonly observeCommit?: (commit: { readonly mutations: number; readonly seconds: number }) => void;
}): Promise<PostgresStore> {
  const { url, clock, random, log } = options;
  await migrate(url, migrations, log);
  await using opening = new AsyncDisposableStack();
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: readPool(url, log) }) });
  opening.defer(() => db.destroy());
  const hub = opening.use(await openHub(db, log));
  const world = { kinds: options.kinds, clock, random: bufferedRandom(random) };
  const writes = writePool(url, log, (backend) => (hub.ownBackend = backend));
  const observe = options.observeCommit ?? (() => undefined);
  const writer = opening.use(
    new Writer(writes, world, log, { changes: (changes) => hub.committed(changes), observe }),
  );
  hub.start({ url, clock, random });
  const feed = new PostgresFeed(db, writer, hub, clock);
  const resources = opening.move();
  return {
    db,
    resources: new PostgresResources(db, writer),
    feed,
    events: new PostgresEvents(db, writer, clock),
    operations: new PostgresOperations(db, writer, clock),
    audit: new PostgresAudit(db, writer),
    leases: new PostgresLeases(db),
    transact: (by, work) => writer.exclusive(by, work),
    ping: async () => {
      await answered(sql`SELECT 1`.execute(db));
    },
    numbers: async () => {
      const head = await answered(db.selectFrom("head").selectAll().executeTakeFirstOrThrow());
      return {
        revision: head.revision,
        compacted: head.compacted,
        logLength: head.revision - head.compacted,
        auditSequence: head.audit_sequence,
        waitingWrites: writer.waiting,
        watchers: feed.watchers,
        feedLag: Math.max(0, head.revision - hub.recent.revision),
      };
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

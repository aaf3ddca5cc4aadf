import pg from "pg";
import { kindRegistry, kinds, type KindRegistry } from "#api/kinds.ts";
import type { Clock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import { openPostgresStore, type PostgresStore } from "#store/postgres/open.ts";
import { createTestDatabase } from "#test/support/database.ts";
import { movableClock } from "#test/support/movable-clock.ts";
import { gadgetKind, widgetKind } from "#test/support/widget-kind.ts";

/** The product's kinds with the two that only tests know. */
export const testKinds: KindRegistry = kindRegistry([...kinds.values(), widgetKind, gadgetKind]);

export interface TestStore extends AsyncDisposable {
  readonly store: PostgresStore;
  readonly url: string;
  /** Moves the store's clock on. */
  advance(ms: number): void;
}

/** A store on an empty database of its own. */
export async function openTestStore(): Promise<TestStore> {
  await using opening = new AsyncDisposableStack();
  const { url } = opening.use(await createTestDatabase());
  const clock = movableClock();
  const store = opening.use(await openStoreOn(url, clock));
  const opened = opening.move();
  return {
    store,
    url,
    advance: (ms) => clock.advance(ms),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** A store on a migrated database that is emptied first: cheaper than a database for each of many small tests. */
export async function openEmptiedStore(url: string): Promise<TestStore> {
  const clock = movableClock();
  await runSql(
    url,
    `TRUNCATE resources, changes, project_usage, events, operations, audit, leases, users CASCADE;
     UPDATE head SET revision = 0, compacted = 0, audit_sequence = 0, audit_hash = repeat('0', 64)`,
  );
  const store = await openStoreOn(url, clock);
  return {
    store,
    url,
    advance: (ms) => clock.advance(ms),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

/** One more store on a database that there is, as another process would open it. */
export function openStoreOn(url: string, clock: Clock = movableClock()): Promise<PostgresStore> {
  return openPostgresStore({ url, kinds: testKinds, clock, random: systemRandom, log: silentLog });
}

/** Runs statements on a connection of their own, as somebody beside VDC would. */
export async function runSql(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const result = await client.query<Record<string, unknown>>(text);
    return result.rows;
  } finally {
    await client.end();
  }
}

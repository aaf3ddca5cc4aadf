import type { KindRegistry } from "#api/kinds.ts";
import { kindRegistry } from "#api/kinds.ts";
import { machineKind } from "#api/kinds/machine.ts";
import { projectKind } from "#api/kinds/project.ts";
import { systemClock, type Clock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import { openPostgresStore, type PostgresStore } from "#store/postgres/open.ts";
import { createTestDatabase } from "#test/support/database.ts";
import { gadgetKind, widgetKind } from "#test/support/widget-kind.ts";

/** The product's kinds and the two that only tests know. */
export const testKinds: KindRegistry = kindRegistry([projectKind, machineKind, widgetKind, gadgetKind]);

export interface TestStore extends AsyncDisposable {
  readonly store: PostgresStore;
  readonly url: string;
}

/** A store on an empty database of its own. */
export async function openTestStore(clock: Clock = systemClock): Promise<TestStore> {
  await using opening = new AsyncDisposableStack();
  const { url } = opening.use(await createTestDatabase());
  const options = { url, kinds: testKinds, clock, random: systemRandom, log: silentLog };
  const store = opening.use(await openPostgresStore(options));
  const all = opening.move();
  return { store, url, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

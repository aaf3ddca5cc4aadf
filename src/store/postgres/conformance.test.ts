import { after } from "node:test";
import { silentLog } from "#lib/log.ts";
import { storeConformance } from "#store/conformance.ts";
import { migrations } from "#store/migrations/migrations.ts";
import { migrate } from "#store/postgres/migrate.ts";
import { createTestDatabase } from "#test/support/database.ts";
import { openEmptiedStore } from "#test/support/store.ts";

const database = await createTestDatabase();
after(() => database[Symbol.asyncDispose]());
await migrate(database.url, migrations, silentLog);

storeConformance("PostgreSQL", () => openEmptiedStore(database.url));

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { silentLog } from "#lib/log.ts";
import { migrations } from "#store/migrations/migrations.ts";
import { readCatalogue } from "#store/postgres/catalogue.ts";
import { migrate } from "#store/postgres/migrate.ts";
import { createTestDatabase } from "#test/support/database.ts";

/** Writes `src/store/schema-manifest.json`, the shape of all tables, from the migrations. Run it after adding one. */
await using database = await createTestDatabase();
await migrate(database.url, migrations, silentLog);
const client = new pg.Client({ connectionString: database.url });
await client.connect();
const catalogue = await readCatalogue(client);
await client.end();
const file = fileURLToPath(new URL("../src/store/schema-manifest.json", import.meta.url));
writeFileSync(file, `${JSON.stringify(catalogue, undefined, 2)}\n`);
process.stdout.write(`${file}: version ${catalogue.version}\n`);

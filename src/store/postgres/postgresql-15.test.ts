import assert from "node:assert/strict";
import { after, test } from "node:test";
import { silentLog } from "#lib/log.ts";
import { storeConformance } from "#store/conformance.ts";
import { migrations } from "#store/migrations/migrations.ts";
import { migrate } from "#store/postgres/migrate.ts";
import { debianPostgres15, startOwnPostgres } from "#test/support/own-postgres.ts";
import { openEmptiedStore, runSql } from "#test/support/store.ts";

const directory = debianPostgres15();

if (directory === undefined) {
  test("the store on PostgreSQL 15", { skip: "postgresql-15" });
} else {
  const server = await startOwnPostgres(directory);
  after(() => server[Symbol.asyncDispose]());
  await migrate(server.url, migrations, silentLog);

  test("this is the oldest PostgreSQL that we promise to run on", async () => {
    const rows = await runSql(server.url, "SHOW server_version_num");
    assert.match(String(rows[0]?.["server_version_num"]), /^15/);
  });

  storeConformance("PostgreSQL 15", () => openEmptiedStore(server.url));
}

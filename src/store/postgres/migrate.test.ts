import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import pg from "pg";
import { silentLog } from "#lib/log.ts";
import { migrations } from "#store/migrations/migrations.ts";
import { readCatalogue, type Catalogue } from "#store/postgres/catalogue.ts";
import { migrate } from "#store/postgres/migrate.ts";
import { createTestDatabase } from "#test/support/database.ts";
import { openStoreOn, runSql } from "#test/support/store.ts";
import { by, project, put, refused, watched } from "#store/conformance/engine.ts";

// The file is made by tools/schema-manifest.ts; its shape is what readCatalogue gives.
const manifest = JSON.parse(
  readFileSync(new URL("../schema-manifest.json", import.meta.url), "utf8"),
) as Catalogue;

async function catalogueOf(url: string): Promise<Catalogue> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await readCatalogue(client);
  } finally {
    await client.end();
  }
}

/** One row in every table that has none, of the least that it takes. */
const sampleRows: Readonly<Record<string, string>> = {
  head: "UPDATE head SET revision = 1, audit_sequence = 1",
  resources: `INSERT INTO resources VALUES ('project', '', 'old', 'res_old', 1, 1, '{}', NULL, NULL, NULL, NULL,
    '{"title":"","description":"","members":[],"quotas":{}}', '{}', now(), now(), NULL) ON CONFLICT DO NOTHING`,
  changes:
    "INSERT INTO changes VALUES (1, 'created', 'project', NULL, 'old', '{}', now()) ON CONFLICT DO NOTHING",
  project_usage: "INSERT INTO project_usage VALUES ('old', 'resources', 0) ON CONFLICT DO NOTHING",
  events: "INSERT INTO events VALUES (1, 'evt_old', now(), 'old', NULL, NULL, '{}') ON CONFLICT DO NOTHING",
  operations:
    "INSERT INTO operations VALUES ('op_old', 1, NULL, 'running', now(), NULL, '{}') ON CONFLICT DO NOTHING",
  audit: `INSERT INTO audit VALUES (1, NULL, '{"sequence":1}', 'a', 'b') ON CONFLICT DO NOTHING`,
  leases: "INSERT INTO leases VALUES ('old', 'x', 3, now()) ON CONFLICT DO NOTHING",
  users: "INSERT INTO users (id, name, created_at) VALUES ('usr_old', 'old', now()) ON CONFLICT DO NOTHING",
  identities: "INSERT INTO identities VALUES ('i', 's', 'usr_old') ON CONFLICT DO NOTHING",
  sessions: `INSERT INTO sessions (id, secret_hash, user_id, created_at, last_seen_at, expires_at)
    VALUES ('ses_old', 'h', 'usr_old', now(), now(), now()) ON CONFLICT DO NOTHING`,
  tokens: `INSERT INTO tokens (id, secret_hash, user_id, name, created_at)
    VALUES ('tok_old', 'h', 'usr_old', 'n', now()) ON CONFLICT DO NOTHING`,
  links: `INSERT INTO links (id, secret_hash, user_id, created_at, expires_at)
    VALUES ('lnk_old', 'h', 'usr_old', now(), now()) ON CONFLICT DO NOTHING`,
};

test("every earlier version, with data in it, arrives at the same catalogue", async () => {
  // One database walks through all versions; data is put in at each as soon as its table is there, and stays.
  await using database = await createTestDatabase();
  for (let version = 0; version <= migrations.length; version += 1) {
    await migrate(database.url, migrations.slice(0, version), silentLog);
    const rows = await runSql(
      database.url,
      "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'",
    );
    const present = new Set(rows.map((row) => row["tablename"]));
    const samples = Object.entries(sampleRows).filter(([table]) => present.has(table));
    await runSql(database.url, samples.map(([, statement]) => statement).join(";"));
  }
  assert.deepEqual(await catalogueOf(database.url), manifest);
  await using store = await openStoreOn(database.url);
  assert.equal((await store.resources.get(project("old")))?.id, "res_old");
  await put(store, project("new"));
  assert.equal((await watched(store, { since: 1 })).changes.length, 2);
});

test("a jump from any earlier version to the newest arrives at the same catalogue", async () => {
  await using database = await createTestDatabase();
  // What is tested is the steps and not the disk: without this, the many commits take longer than all else.
  await runSql(
    database.url,
    `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$`,
  );
  for (let version = 0; version < migrations.length; version += 1) {
    await runSql(database.url, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    await runSql(database.url, stepsTo(version).join(";"));
    await migrate(database.url, migrations, silentLog);
    assert.deepEqual(await catalogueOf(database.url), manifest, `from version ${version}`);
  }
});

/** What an earlier VDC would have done, in one text. */
function stepsTo(version: number): readonly string[] {
  const table =
    "CREATE TABLE migrations (version int PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL)";
  const steps = migrations
    .slice(0, version)
    .flatMap(({ name, statement }, at) => [
      statement,
      `INSERT INTO migrations VALUES (${at + 1}, '${name}', now())`,
    ]);
  return [table, ...steps];
}

test("two processes that start at once both come up, and each step is taken once", async () => {
  await using database = await createTestDatabase();
  const stores = await Promise.all([
    openStoreOn(database.url),
    openStoreOn(database.url),
    openStoreOn(database.url),
  ]);
  await Promise.all(stores.map((store) => store[Symbol.asyncDispose]()));
  const rows = await runSql(database.url, "SELECT count(*)::int AS count FROM migrations");
  assert.equal(rows[0]?.["count"], migrations.length);
});

test("a schema that a newer VDC made is refused and left alone", async () => {
  await using database = await createTestDatabase();
  await migrate(database.url, migrations, silentLog);
  await runSql(
    database.url,
    `INSERT INTO migrations VALUES (${migrations.length + 1}, '9999-future', now())`,
  );
  const error = await refused(openStoreOn(database.url), "unsupported");
  assert.match(error.message, /newer than this VDC knows/);
});

test("a database with steps of another history is refused", async () => {
  await using database = await createTestDatabase();
  await migrate(database.url, migrations.slice(0, 3), silentLog);
  await runSql(database.url, "UPDATE migrations SET name = '0002-other' WHERE version = 2");
  const error = await refused(openStoreOn(database.url), "unsupported");
  assert.match(error.message, /0002-other/);
});

test("migrations are numbered without a gap and are all in the list", () => {
  const folder = fileURLToPath(new URL("../migrations", import.meta.url));
  const files = readdirSync(folder).filter((file) => /^\d{4}-/.test(file));
  assert.deepEqual(
    files.toSorted(),
    migrations.map(({ name }) => `${name}.ts`),
  );
  assert.deepEqual(
    migrations.map(({ name }) => Number(name.slice(0, 4))),
    migrations.map((_, at) => at + 1),
  );
  for (const { statement } of migrations) assert.doesNotMatch(statement, /;/, "one statement each");
});

test("a step that fails leaves nothing behind, and what came before it stays", async () => {
  await using database = await createTestDatabase();
  const broken = [
    ...migrations.slice(0, 2),
    { name: "0003-broken", statement: "CREATE TABLE half (a int CHECK (nope))" },
  ];
  await assert.rejects(migrate(database.url, broken, silentLog));
  await migrate(database.url, migrations, silentLog);
  assert.deepEqual(await catalogueOf(database.url), manifest);
  await using store = await openStoreOn(database.url);
  assert.equal(
    (await store.resources.apply({ ...project("a"), labels: {}, spec: {} }, { by })).outcome,
    "created",
  );
});

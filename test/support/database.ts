import { randomBytes } from "node:crypto";
import pg from "pg";
import { startPostgres } from "#test/support/postgres-server.ts";

export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
}

/** An empty database of its own on the run's server (or on a server of its own when the run has none). */
export async function createTestDatabase(): Promise<TestDatabase> {
  const shared = process.env["VDC_TEST_DATABASE_URL"];
  const server = shared === undefined ? await startPostgres() : undefined;
  const base = server?.url ?? shared ?? "";
  const name = `test_${randomBytes(6).toString("hex")}`;
  await statement(base, `CREATE DATABASE ${name} TEMPLATE template0`);
  const url = new URL(base.replace("@/", "@localhost/"));
  url.pathname = `/${name}`;
  return {
    url: url.href.replace("@localhost/", "@/"),
    [Symbol.asyncDispose]: async () => {
      if (server === undefined) await statement(base, `DROP DATABASE ${name} WITH (FORCE)`);
      else await server[Symbol.asyncDispose]();
    },
  };
}

async function statement(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

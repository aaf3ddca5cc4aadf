import { startPostgres, type TestServer } from "#test/support/postgres-server.ts";

let server: TestServer | undefined;

/** One PostgreSQL server for the whole run; every test file makes a database of its own on it. */
export async function globalSetup(): Promise<void> {
  if (process.env["VDC_TEST_DATABASE_URL"] !== undefined) return;
  server = await startPostgres();
  process.env["VDC_TEST_DATABASE_URL"] = server.url;
}

export async function globalTeardown(): Promise<void> {
  await server?.[Symbol.asyncDispose]();
}

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { startPostgres, type TestServer } from "#test/support/postgres-server.ts";

let server: TestServer | undefined;

/** Kept between runs. */
const compiled = join(import.meta.dirname, "../../.cache/compiled");

/**
 * One PostgreSQL server for the whole run; every test file makes a database of its own on it. Each file is a process of
 * its own: what one has compiled, the next ones load, as the product's processes do.
 */
export async function globalSetup(): Promise<void> {
  mkdirSync(compiled, { recursive: true });
  process.env["NODE_COMPILE_CACHE"] ??= compiled;
  if (process.env["VDC_TEST_DATABASE_URL"] !== undefined) return;
  server = await startPostgres();
  process.env["VDC_TEST_DATABASE_URL"] = server.url;
}

export async function globalTeardown(): Promise<void> {
  await server?.[Symbol.asyncDispose]();
}

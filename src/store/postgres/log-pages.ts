import { sql, type Kysely } from "kysely";
import type { Change } from "#api/records.ts";
import { storeLimits } from "../limits.ts";
import type { WatchQuery } from "../store.ts";
import { unavailable } from "./errors.ts";
import { answered } from "./resources.ts";
import { changeOf } from "./rows.ts";
import type { Database } from "./schema.ts";

export interface LogHead {
  readonly revision: number;
  readonly compacted: number;
}

export async function logHead(db: Kysely<Database>): Promise<LogHead> {
  const row = await answered(db.selectFrom("head").select(["revision", "compacted"]).executeTakeFirst());
  if (row === undefined) throw unavailable(new Error("the head row is not there"));
  return row;
}

/**
 * At most `limit` changes after `since` that the query wants, with the head of the same snapshot: so a page that
 * is not full holds all there was, and `compacted` tells whether something before it is missing.
 */
export async function logPage(
  db: Kysely<Database>,
  query: WatchQuery,
  limit: number = storeLimits.watchBatch,
): Promise<LogHead & { readonly changes: readonly Change[] }> {
  let page = db
    .selectFrom("changes")
    .selectAll()
    .where("revision", ">", query.since)
    .orderBy("revision")
    .limit(limit);
  if (query.kinds !== undefined)
    page = page.where("kind", "=", sql<string>`ANY (${[...query.kinds]}::text[])`);
  if (query.project !== undefined) page = page.where("project", "=", query.project);
  if (query.name !== undefined) page = page.where("name", "=", query.name);
  const rows = await answered(
    db
      .selectFrom("head")
      .leftJoin(page.as("page"), (join) => join.onTrue())
      .selectAll("page")
      .select(["head.revision as head_revision", "head.compacted as head_compacted"])
      .orderBy("page.revision")
      .execute(),
  );
  const [first] = rows;
  if (first === undefined) throw unavailable(new Error("the head row is not there"));
  const changes = rows.flatMap((row) =>
    // A row with a revision has all columns of the log.
    row.revision === null ? [] : [changeOf(row as Parameters<typeof changeOf>[0])],
  );
  return { revision: first.head_revision, compacted: first.head_compacted, changes };
}

import { sql, type Kysely, type RawBuilder } from "kysely";
import type { Requirement, Selector } from "#api/selectors.ts";
import { continueToken, readContinueToken } from "../continue-token.ts";
import { storeLimits } from "../limits.ts";
import type { ListQuery, ResourcePage } from "../store.ts";
import { resourceOf } from "./rows.ts";
import type { Database } from "./schema.ts";

type Condition = RawBuilder<boolean>;

/** One page in the order of project and name. The revision is that of the first page, read in its snapshot. */
export async function listResources(db: Kysely<Database>, query: ListQuery): Promise<ResourcePage> {
  const from = query.continue === undefined ? undefined : readContinueToken(query.continue, query.kind);
  const limit = Math.max(1, Math.min(query.limit, storeLimits.pageItems));
  const conditions = [sql<boolean>`kind = ${query.kind}`, ...queryConditions(query)];
  if (from !== undefined) conditions.push(sql`(project, name) > (${from.project}, ${from.name})`);
  const page = db
    .selectFrom("resources")
    .selectAll()
    .where(sql.join<boolean>(conditions, sql` AND `))
    .orderBy("project")
    .orderBy("name")
    .limit(limit + 1);
  // One statement, so one snapshot: the head's revision is exactly what the rows are at.
  const rows = await db
    .selectFrom("head")
    .leftJoin(page.as("page"), (join) => join.onTrue())
    .selectAll("page")
    .select("head.revision as head_revision")
    .orderBy("page.project")
    .orderBy("page.name")
    .execute();
  const found = rows.flatMap((row) =>
    row.id === null ? [] : [resourceOf(row as Parameters<typeof resourceOf>[0])],
  ); // a row with an id has all columns
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const revision = from?.revision ?? rows[0]?.head_revision ?? 0;
  if (found.length <= limit || last === undefined) return { items, revision };
  const position = { kind: query.kind, revision, project: last.project ?? "", name: last.name };
  return { items, revision, continue: continueToken(position) };
}

function queryConditions(query: ListQuery): readonly Condition[] {
  const conditions = selectorConditions(query.selector ?? []);
  if (query.projects !== undefined) conditions.push(sql`project = ANY (${[...query.projects]}::text[])`);
  if (query.names !== undefined) conditions.push(sql`name = ANY (${[...query.names]}::text[])`);
  return conditions;
}

function selectorConditions(selector: Selector): Condition[] {
  return selector.map((requirement) => {
    switch (requirement.op) {
      case "exists":
        return sql`labels ->> ${requirement.key}::text IS NOT NULL`;
      case "absent":
        return sql`labels ->> ${requirement.key}::text IS NULL`;
      case "in":
        return equals(requirement);
      case "notin":
        return sql`(${equals(requirement)}) IS NOT TRUE`;
    }
  });
}

function equals(
  requirement: Pick<Requirement & { readonly op: "in" | "notin" }, "on" | "key" | "values">,
): Condition {
  const { on, key, values } = requirement;
  if (on === "field") return fieldEquals(key, values);
  const [only] = values;
  // Containment is what the index on labels answers.
  if (only !== undefined && values.length === 1)
    return sql`labels @> ${JSON.stringify({ [key]: only })}::jsonb`;
  return sql`labels ->> ${key}::text = ANY (${[...values]}::text[])`;
}

function fieldEquals(path: string, values: readonly string[]): Condition {
  const [first = "", ...rest] = path.split(".");
  switch (first) {
    case "name":
      return sql`name = ANY (${[...values]}::text[])`;
    case "id":
      return sql`id = ANY (${[...values]}::text[])`;
    case "project":
      return sql`nullif(project, '') = ANY (${[...values]}::text[])`;
    case "deletingSince":
      return sql`to_char(deleting_since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') = ANY (${[...values]}::text[])`;
    default: {
      // Step by step with a text key: it never enters a list, as the path `#>` would.
      const column = first === "status" ? sql`status` : sql`spec`;
      const value = rest.reduce((at, key) => sql`${at} -> ${key}::text`, column);
      return sql`(${value}) = ANY (${values.flatMap(jsonTexts)}::jsonb[])`;
    }
  }
}

/** The JSON values whose text, as selectors compare it, is `text`. */
function jsonTexts(text: string): readonly string[] {
  const texts = [JSON.stringify(text.toWellFormed().replaceAll("\0", "\uFFFD"))];
  if (text === "true" || text === "false") texts.push(text);
  if (String(Number(text)) === text && Number.isFinite(Number(text))) texts.push(text);
  return texts;
}

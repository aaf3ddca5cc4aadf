import type { Selectable } from "kysely";
import type pg from "pg";
import type { ResourceKey } from "#api/resource.ts";
import { keyString, resourceOf, rowKey, type RowKey } from "./rows.ts";
import type { ResourcesTable } from "./schema.ts";
import * as statements from "./statements.ts";
import type { Head, Loaded, Needs } from "./view.ts";
import { unavailable } from "./errors.ts";

/**
 * All rows that a batch of mutations may look at, in one round trip: the statements are sent behind `began`,
 * the one that takes the head's lock, and run only when it has it, so each sees the newest commit.
 */
export async function load(
  client: pg.PoolClient,
  began: Promise<unknown>,
  intents: readonly { readonly needs: Needs }[],
): Promise<Loaded> {
  const keys = touchedKeys(intents);
  const dependents = intents.flatMap(({ needs }) =>
    needs.dependentsOf === undefined ? [] : [needs.dependentsOf],
  );
  const emptied = dependents.filter((key) => key.kind === "project").map((key) => key.name);
  const around = keys.filter((key) => key.project !== "").map((key) => key.project);
  const projects = [...new Set([...around, ...emptied])];
  const leases = [...new Set(intents.flatMap(({ needs }) => needs.lease ?? []))];
  const operations = intents.flatMap(({ needs }) => needs.operation ?? []);
  // All are sent at once, and all are waited for: one that fails makes those behind it fail too.
  const answers = await Promise.allSettled([
    began,
    rows<Selectable<ResourcesTable>>(client, keys, statements.loadResources),
    rows<Loaded["usage"][number]>(client, projects, statements.loadUsage),
    rows<Loaded["owned"][number]>(client, dependents.map(rowKey), statements.loadOwned),
    rows<Loaded["inProjects"][number]>(client, emptied, statements.loadInProjects),
    rows<Loaded["leases"][number]>(client, leases, statements.loadLeases),
    rows<Loaded["operations"][number]>(client, operations, statements.loadOperations),
  ]);
  for (const answer of answers) if (answer.status === "rejected") throw answer.reason;
  const [head, resources, usage, owned, inProjects, known, present] = answers;
  return {
    head: headOf(value(head)),
    resources: value(resources).map(resourceOf),
    usage: value(usage),
    owned: value(owned),
    inProjects: value(inProjects),
    leases: value(known),
    operations: value(present),
  };
}

/** The mutations' own keys and the projects that these are in. */
function touchedKeys(intents: readonly { readonly needs: Needs }[]): readonly RowKey[] {
  const keys = new Map<string, RowKey>();
  const add = (key: ResourceKey) => keys.set(keyString(key), rowKey(key));
  for (const { needs } of intents) {
    for (const key of needs.keys ?? []) {
      add(key);
      if (key.project !== undefined) add({ kind: "project", name: key.project });
    }
  }
  return [...keys.values()];
}

async function rows<Row extends object>(
  client: pg.PoolClient,
  wanted: readonly unknown[],
  statement: (wanted: never) => statements.Statement,
): Promise<readonly Row[]> {
  if (wanted.length === 0) return [];
  // Each statement takes the list that it is called with here; the helper cannot say so in types without repeating them.
  const result = await client.query<Row>(statement(wanted as never));
  return result.rows;
}

function value<T>(answer: PromiseSettledResult<T>): T {
  if (answer.status === "rejected") throw answer.reason;
  return answer.value;
}

/** `BEGIN; SELECT …` gives a list of two results. */
function headOf(answer: unknown): Head {
  // pg's types know nothing of several statements in one text.
  const [, locked] = answer as readonly pg.QueryResult<Head>[];
  const head = locked?.rows[0];
  if (head === undefined) throw unavailable(new Error("the head row is not there"));
  return head;
}

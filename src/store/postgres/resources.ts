import type { Kysely } from "kysely";
import type { Resource, ResourceKey } from "#api/resource.ts";
import type { JsonObject } from "#lib/json.ts";
import { storeLimits } from "../limits.ts";
import { storable } from "../storable.ts";
import type { ListQuery, MutationOptions, MutationResult, ResourcePage, ResourceStore } from "../store.ts";
import { storeError } from "./errors.ts";
import { listResources } from "./list.ts";
import * as planners from "./plan.ts";
import type { Plan, PlanContext, Wanted } from "./plan.ts";
import { resourceOf, rowKey } from "./rows.ts";
import type { Database } from "./schema.ts";
import type { Needs } from "./view.ts";
import type { Writer } from "./writer.ts";

/** Reads from the pool; every mutation goes through the writer. */
export class PostgresResources implements ResourceStore {
  readonly #db: Kysely<Database>;
  readonly #writer: Writer;

  constructor(db: Kysely<Database>, writer: Writer) {
    this.#db = db;
    this.#writer = writer;
  }

  async apply(wanted: Wanted, options: MutationOptions): Promise<MutationResult> {
    const { value, bytes } = storable({ labels: wanted.labels, spec: wanted.spec }, "body");
    const clean = { ...wanted, ...value };
    const keys = wanted.owner === undefined ? [wanted] : [wanted, wanted.owner];
    return this.#mutate({ keys }, bytes, options, (context) => planners.planApply(context, clean, options));
  }

  async patch(
    key: ResourceKey,
    change: (current: Resource) => Pick<Wanted, "labels" | "spec">,
    options: MutationOptions,
  ): Promise<MutationResult> {
    return this.#mutate({ keys: [key] }, 0, options, (context) =>
      planners.planPatch(context, key, change, options),
    );
  }

  async setStatus(key: ResourceKey, status: JsonObject, options: MutationOptions): Promise<MutationResult> {
    const { value, bytes } = storable(status, "status");
    return this.#mutate({ keys: [key] }, bytes, options, (context) =>
      planners.planStatus(context, key, value, options),
    );
  }

  async delete(key: ResourceKey, options: MutationOptions): Promise<MutationResult> {
    const needs = { keys: [key], dependentsOf: key };
    return this.#mutate(needs, 0, options, (context) => planners.planDelete(context, key, options));
  }

  async finalize(key: ResourceKey, options: MutationOptions): Promise<MutationResult> {
    const needs = { keys: [key], dependentsOf: key };
    return this.#mutate(needs, 0, options, (context) => planners.planFinalize(context, key, options));
  }

  async get(key: ResourceKey): Promise<Resource | undefined> {
    const { kind, project, name } = rowKey(key);
    const query = this.#db.selectFrom("resources").selectAll();
    const row = await answered(
      query
        .where("kind", "=", kind)
        .where("project", "=", project)
        .where("name", "=", name)
        .executeTakeFirst(),
    );
    return row === undefined ? undefined : resourceOf(row);
  }

  list(query: ListQuery): Promise<ResourcePage> {
    return answered(listResources(this.#db, query));
  }

  async ownedBy(id: string, limit: number): Promise<readonly Resource[]> {
    const query = this.#db.selectFrom("resources").selectAll().where("owner_id", "=", id);
    const ordered = query.orderBy("created_at").orderBy("id").limit(Math.min(limit, storeLimits.pageItems));
    return (await answered(ordered.execute())).map(resourceOf);
  }

  async usage(project: string): Promise<Readonly<Record<string, number>>> {
    const query = this.#db.selectFrom("project_usage").select(["measure", "used"]);
    const rows = await answered(
      query.where("project", "=", project).where("used", ">", 0).orderBy("measure").execute(),
    );
    return Object.fromEntries(rows.map(({ measure, used }) => [measure, used]));
  }

  #mutate(
    needs: Needs,
    bytes: number,
    options: MutationOptions,
    plan: (context: PlanContext) => Plan,
  ): Promise<MutationResult> {
    return this.#writer.submit({
      needs: options.fence === undefined ? needs : { ...needs, lease: options.fence.lease },
      bytes,
      plan: (batch) => {
        const decided = plan(batch.context());
        if (options.dryRun !== true) batch.take(decided, options.by);
        return decided.result;
      },
    });
  }
}

/** Waits for a read, and turns what the database failed with into what callers see. */
export async function answered<T>(read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    throw storeError(error);
  }
}

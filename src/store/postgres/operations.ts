import { sql, type Kysely } from "kysely";
import { VdcError } from "#api/errors.ts";
import type { Operation } from "#api/records.ts";
import type { Clock } from "#lib/clock.ts";
import { isoTime } from "#lib/clock.ts";
import { storeLimits } from "../limits.ts";
import { sanitized } from "../storable.ts";
import type { Fence, OperationStore } from "../store.ts";
import { checkOperationFence } from "./plan.ts";
import { answered } from "./resources.ts";
import type { Database } from "./schema.ts";
import type { Writer } from "./writer.ts";

/** Running and finished actions. */
export class PostgresOperations implements OperationStore {
  readonly #db: Kysely<Database>;
  readonly #writer: Writer;
  readonly #clock: Clock;

  constructor(db: Kysely<Database>, writer: Writer, clock: Clock) {
    this.#db = db;
    this.#writer = writer;
    this.#clock = clock;
  }

  async put(operation: Omit<Operation, "revision">, fence?: Fence): Promise<Operation> {
    const bounded = boundedOperation(operation);
    const lease = fence === undefined ? {} : { lease: fence.lease };
    return this.#writer.submit({
      needs: { operation: bounded.id, ...lease },
      bytes: JSON.stringify(bounded).length,
      plan: (batch) => {
        checkOperationFence(batch.view, fence);
        return batch.addOperation(bounded);
      },
    });
  }

  async get(id: string): Promise<Operation | undefined> {
    const query = this.#db.selectFrom("operations").select("object").where("id", "=", id);
    return (await answered(query.executeTakeFirst()))?.object;
  }

  async list(query: Parameters<OperationStore["list"]>[0]): Promise<readonly Operation[]> {
    let select = this.#db.selectFrom("operations").select("object").orderBy("id", "desc");
    if (query.projects !== undefined) select = select.where("project", "in", [...query.projects, ""]);
    if (query.states !== undefined) select = select.where("state", "in", [...query.states]);
    if (query.before !== undefined) select = select.where("id", "<", query.before);
    const rows = await answered(select.limit(Math.min(query.limit, storeLimits.pageItems)).execute());
    return rows.map(({ object }) => object);
  }

  async prune(limits: { readonly keepMs: number; readonly batch: number }): Promise<number> {
    const before = isoTime(this.#clock.now() - limits.keepMs);
    const batch = Math.min(limits.batch, storeLimits.compactionBatch);
    const result = await answered(
      sql`DELETE FROM operations WHERE id IN (
        SELECT id FROM operations WHERE finished_at < ${before}::timestamptz ORDER BY finished_at LIMIT ${batch}
      )`.execute(this.#db),
    );
    return Number(result.numAffectedRows ?? 0n);
  }
}

/** The last lines of the log, each clipped; `too-large` for more steps than anybody reads. */
export function boundedOperation(operation: Omit<Operation, "revision">): Omit<Operation, "revision"> {
  if (operation.steps.length > storeLimits.operationSteps) {
    throw new VdcError("too-large", `An operation has at most ${storeLimits.operationSteps} steps.`);
  }
  const log = operation.log.slice(-storeLimits.operationLogLines).map((line) => ({
    at: line.at,
    message: line.message.slice(0, storeLimits.operationLogCharacters),
  }));
  return sanitized({ ...operation, log });
}

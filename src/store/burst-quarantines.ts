import type { Kysely } from "kysely";
import type { WorkerView } from "#api/burst.ts";
import { answered } from "./postgres/resources.ts";
import type { Database } from "./postgres/schema.ts";

/** The worker as it was when it was found, and how that was. */
export interface QuarantineFacts extends Pick<
  WorkerView,
  | "name"
  | "kind"
  | "trust"
  | "project"
  | "slots"
  | "done"
  | "speed"
  | "memoryBytes"
  | "levels"
  | "connectedAt"
> {
  readonly reason: string;
  readonly job: string;
  readonly task: number;
  /** Names of the workers whose results agreed. */
  readonly by: readonly string[];
}

export interface StoredQuarantine extends QuarantineFacts {
  readonly id: string;
  /** Who may not connect: the worker's identity. */
  readonly key: string;
  readonly at: string;
}

export interface QuarantineRows {
  /** One for each key: what is there already stays. */
  putQuarantine(quarantine: StoredQuarantine): Promise<void>;
  dropQuarantine(id: string): Promise<void>;
}

/** Newest first. */
export async function readQuarantines(
  db: Kysely<Database>,
  limit: number,
): Promise<readonly StoredQuarantine[]> {
  const query = db.selectFrom("burst_quarantines").selectAll().orderBy("found_at", "desc").limit(limit);
  const rows = await answered(query.execute());
  return rows.map(({ key, id, object, found_at }) => ({ ...object, key, id, at: found_at }));
}

export function quarantineRowsOn(tx: Kysely<Database>): QuarantineRows {
  return {
    putQuarantine: async ({ id, key, at, ...facts }) => {
      const row = { key, id, object: JSON.stringify(facts), found_at: at };
      const insert = tx.insertInto("burst_quarantines").values(row);
      await insert.onConflict((conflict) => conflict.column("key").doNothing()).execute();
    },
    dropQuarantine: async (id) => {
      await tx.deleteFrom("burst_quarantines").where("id", "=", id).execute();
    },
  };
}

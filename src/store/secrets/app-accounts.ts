import { sql } from "kysely";
import type { Attribution } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import type { PostgresStore } from "../postgres/open.ts";
import { answered } from "../postgres/resources.ts";

/** Numbers of one machine: engines have that many system accounts. */
export const maxAccounts = 10_000;

/** Numbers of apps, each its own on a machine. An app that comes back gets its number again: its volumes belong to it. */
export interface AppAccounts {
  /** `busy` when all numbers are given. */
  numberOf(app: {
    readonly machine: string;
    readonly project: string;
    readonly app: string;
  }): Promise<number>;
}

export function createAppAccounts(
  store: Pick<PostgresStore, "db" | "transact">,
  by: Attribution,
): AppAccounts {
  return {
    numberOf: async ({ machine, project, app }) => {
      const known = await answered(
        store.db
          .selectFrom("app_accounts")
          .select("number")
          .where("machine", "=", machine)
          .where("project", "=", project)
          .where("app", "=", app)
          .executeTakeFirst(),
      );
      return known?.number ?? (await give(store, { machine, project, app }, by));
    },
  };
}

/** All writers stand in one line, so the lowest free number stays free until it is written. */
async function give(
  store: Pick<PostgresStore, "transact">,
  app: { readonly machine: string; readonly project: string; readonly app: string },
  by: Attribution,
): Promise<number> {
  return await store.transact(by, async (tx) => {
    // What a project had goes with it, its volumes too.
    await tx
      .deleteFrom("app_accounts")
      .where("machine", "=", app.machine)
      .where((row) =>
        row.not(
          row.exists(
            row
              .selectFrom("resources")
              .select("id")
              .where("resources.kind", "=", "project")
              .whereRef("resources.name", "=", "app_accounts.project"),
          ),
        ),
      )
      .execute();
    const rows = await tx
      .selectFrom("app_accounts")
      .select("number")
      .where("machine", "=", app.machine)
      .orderBy("number")
      .execute();
    const taken = new Set(rows.map(({ number }) => number));
    let number = 0;
    while (taken.has(number)) number += 1;
    if (number >= maxAccounts)
      throw new VdcError("busy", `All ${maxAccounts} accounts for apps on this machine are given.`);
    const row = await tx
      .insertInto("app_accounts")
      .values({ ...app, number })
      .onConflict((conflict) =>
        // Another process gave one meanwhile: that one counts.
        conflict.columns(["machine", "project", "app"]).doUpdateSet({ number: sql`app_accounts.number` }),
      )
      .returning("number")
      .executeTakeFirstOrThrow();
    return row.number;
  });
}

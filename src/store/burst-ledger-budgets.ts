import { sql, type Kysely } from "kysely";
import type { Budget, BudgetAlert } from "./burst-ledger.ts";
import { answered } from "./postgres/resources.ts";
import type { Database } from "./postgres/schema.ts";

type Db = Kysely<Database>;

export async function readBudget(db: Db, projectId: string, lock?: "lock"): Promise<Budget | undefined> {
  const row = await answered(
    db
      .selectFrom("burst_budgets")
      .select(["currency", "amount", "alerts_at"])
      .where("project_id", "=", projectId)
      .$if(lock === "lock", (query) => query.forUpdate())
      .executeTakeFirst(),
  );
  if (row === undefined) return undefined;
  return { currency: row.currency, amount: BigInt(row.amount), alertsAt: row.alerts_at };
}

export async function writeBudget(db: Db, projectId: string, budget: Budget | undefined): Promise<void> {
  if (budget === undefined) {
    await db.deleteFrom("burst_budgets").where("project_id", "=", projectId).execute();
    return;
  }
  const wanted = {
    currency: budget.currency,
    amount: budget.amount.toString(),
    alerts_at: JSON.stringify(budget.alertsAt),
    // Another budget tells anew.
    alerts_month: "",
    reached: "[]",
    told: "[]",
  };
  await db
    .insertInto("burst_budgets")
    .values({ project_id: projectId, ...wanted })
    .onConflict((conflict) => conflict.column("project_id").doUpdateSet(wanted))
    .execute();
}

/** Keeps what was reached in the month until `takeAlerts`; the row is locked by the hold that calls this. */
export async function recordAlerts(
  db: Db,
  projectId: string,
  month: string,
  reached: readonly number[],
): Promise<void> {
  if (reached.length === 0) return;
  const row = await db
    .selectFrom("burst_budgets")
    .select(["alerts_month", "reached"])
    .where("project_id", "=", projectId)
    .executeTakeFirstOrThrow();
  const before = row.alerts_month === month ? row.reached : [];
  const all = [...new Set([...before, ...reached])].toSorted((a, b) => a - b);
  if (all.length === before.length) return;
  const anew = row.alerts_month === month ? {} : { alerts_month: month, told: "[]" };
  await db
    .updateTable("burst_budgets")
    .set({ ...anew, reached: JSON.stringify(all) })
    .where("project_id", "=", projectId)
    .execute();
}

export async function takeAlerts(db: Db): Promise<readonly BudgetAlert[]> {
  const rows = await answered(
    db
      .selectFrom("burst_budgets")
      .selectAll()
      .where(sql<boolean>`reached::text <> told::text`)
      .orderBy("project_id")
      .forUpdate()
      .execute(),
  );
  for (const row of rows)
    await db
      .updateTable("burst_budgets")
      .set({ told: JSON.stringify(row.reached) })
      .where("project_id", "=", row.project_id)
      .execute();
  return rows.flatMap((row) => {
    const budget = { currency: row.currency, amount: BigInt(row.amount), alertsAt: row.alerts_at };
    const news = row.reached.filter((percent) => !row.told.includes(percent));
    return news.map((percent) => ({ projectId: row.project_id, month: row.alerts_month, percent, budget }));
  });
}

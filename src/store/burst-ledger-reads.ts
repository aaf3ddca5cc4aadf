import { sql, type Kysely, type Selectable } from "kysely";
import { projectAccount, type Balance, type BurstLedger, type TransferQuery } from "./burst-ledger.ts";
import type { BurstTransfersTable } from "./burst-ledger-tables.ts";
import { storeLimits } from "./limits.ts";
import { answered } from "./postgres/resources.ts";
import type { Database } from "./postgres/schema.ts";

type Db = Kysely<Database>;

export async function readBalance(
  db: Db,
  projectId: string,
  month: string,
  currency: string,
): Promise<Balance> {
  const id = projectAccount(projectId, month, currency);
  const { posted, held } = await answered(
    db
      .selectFrom("burst_accounts")
      .select([
        sql<string>`coalesce(sum(debits_posted - credits_posted) FILTER (WHERE id = ${id}), 0)`.as("posted"),
        sql<string>`coalesce(sum(debits_pending), 0)`.as("held"),
      ])
      .where("project_id", "=", projectId)
      .where("currency", "=", currency)
      .executeTakeFirstOrThrow(),
  );
  return { posted: BigInt(posted), held: BigInt(held) };
}

export async function readTransfers(
  db: Db,
  { projectId, job, before, limit }: TransferQuery,
): Promise<readonly Selectable<BurstTransfersTable>[]> {
  const query = db
    .selectFrom("burst_transfers")
    .selectAll()
    .where("project_id", "=", projectId)
    .$if(job !== undefined, (rows) => rows.where("job", "=", job ?? ""))
    .$if(before !== undefined, (rows) =>
      rows.where("sequence", "<", (named) =>
        named
          .selectFrom("burst_transfers")
          .select("sequence")
          .where("project_id", "=", projectId)
          .where("id", "=", before ?? ""),
      ),
    )
    .orderBy("sequence", "desc")
    .limit(Math.min(limit, storeLimits.pageItems));
  return await answered(query.execute());
}

export async function readTotals(db: Db): ReturnType<BurstLedger["totals"]> {
  const of = (side: string) => sql<string>`coalesce(sum(${sql.ref(side)}), 0)`;
  const row = await answered(
    db
      .selectFrom("burst_accounts")
      .select([
        of("debits_pending").as("debitsPending"),
        of("debits_posted").as("debitsPosted"),
        of("credits_pending").as("creditsPending"),
        of("credits_posted").as("creditsPosted"),
      ])
      .executeTakeFirstOrThrow(),
  );
  return {
    debitsPending: BigInt(row.debitsPending),
    debitsPosted: BigInt(row.debitsPosted),
    creditsPending: BigInt(row.creditsPending),
    creditsPosted: BigInt(row.creditsPosted),
  };
}

import { sql, type Kysely, type Selectable } from "kysely";
import {
  projectAccount,
  providerAccount,
  reachedAlerts,
  refusals,
  requireCover,
  sameTransfer,
  type BurstLedger,
  type EndRequest,
  type HoldRequest,
  type Transfer,
} from "./burst-ledger.ts";
import type { BurstTransfersTable } from "./burst-ledger-tables.ts";
import { readBudget, recordAlerts, takeAlerts, writeBudget } from "./burst-ledger-budgets.ts";
import { readBalance, readTotals, readTransfers } from "./burst-ledger-reads.ts";
import { answered } from "./postgres/resources.ts";
import type { Database } from "./postgres/schema.ts";

type Db = Kysely<Database>;

/**
 * The ledger on PostgreSQL. `db` is a transaction for everything that writes: a transfer and its balances change together or not at all. Locks are taken in one order:
 * budget or hold, the project's account, the provider's.
 */
export function burstLedgerOn(db: Db): BurstLedger {
  return {
    hold: async (request) => await hold(db, request),
    post: async (request) => await end(db, "post", request, request.amount),
    void: async (request) => await end(db, "void", request),
    refund: async (request) => await refund(db, request),
    expire: async (now, limit) => await expire(db, now, limit),
    openHolds: async (job) => await openHolds(db, job),
    jobTotals: async (job) => await jobTotals(db, job),
    setBudget: async (projectId, budget) => await writeBudget(db, projectId, budget),
    budget: async (projectId) => await readBudget(db, projectId),
    takeAlerts: async () => await takeAlerts(db),
    balance: async (projectId, month, currency) => await readBalance(db, projectId, month, currency),
    transfers: async (query) => (await readTransfers(db, query)).map(transferOf),
    totals: async () => await readTotals(db),
  };
}

async function hold(db: Db, request: HoldRequest): Promise<Transfer> {
  const { id, projectId, month, currency, amount, job } = request;
  // First, so that everything that reserves money of the project stands in one line.
  const budget = await readBudget(db, projectId, "lock");
  const standing = await transferById(db, id);
  if (sameTransfer(standing, { id, kind: "hold", amount, job })) return standing;
  const { posted, held } = await readBalance(db, projectId, month, currency);
  if (amount > 0n) requireCover(budget, request, posted + held);
  const debit = projectAccount(projectId, month, currency);
  const credit = providerAccount(currency);
  await openAccounts(db, [
    { id: debit, project_id: projectId, currency },
    { id: credit, project_id: null, currency },
  ]);
  const transfer = await insert(db, { ...request, kind: "hold", debit, credit }, request.expiresAt);
  await move(db, transfer, { pending: amount, posted: 0n });
  if (budget !== undefined)
    await recordAlerts(db, projectId, month, reachedAlerts(budget, posted + held + amount));
  return transfer;
}

/** A void moves the whole amount back, a post moves `amount` to posted and the rest back. */
async function end(db: Db, kind: "post" | "void", request: EndRequest, amount?: bigint): Promise<Transfer> {
  const { id, hold: ends, text, at } = request;
  const held = await transferById(db, ends, "lock");
  if (held?.kind !== "hold") throw refusals.noHold(ends);
  const moved = amount ?? held.amount;
  const standing = await transferById(db, id);
  if (sameTransfer(standing, { id, kind, amount: moved, ends })) return standing;
  const other = await db
    .selectFrom("burst_transfers")
    .select("id")
    .where("ends", "=", ends)
    .executeTakeFirst();
  if (other !== undefined) throw refusals.ended(ends);
  if (moved > held.amount || moved < 0n) throw refusals.tooMuch(ends);
  const transfer = await insert(db, { ...held, id, kind, amount: moved, ends, text, at });
  await move(db, held, { pending: -held.amount, posted: kind === "post" ? moved : 0n });
  return transfer;
}

async function refund(db: Db, request: Parameters<BurstLedger["refund"]>[0]): Promise<Transfer> {
  const { id, job, amount, text, at } = request;
  const charged = await db
    .selectFrom("burst_transfers")
    .selectAll()
    .where("job", "=", job)
    .where("kind", "=", "post")
    .orderBy("sequence")
    .limit(1)
    .executeTakeFirst();
  if (charged === undefined) throw refusals.noPost(job);
  const first = transferOf(charged);
  // The lock of the account keeps a second refund of the same job waiting until the sums below count this one.
  await db.selectFrom("burst_accounts").select("id").where("id", "=", first.debit).forUpdate().execute();
  const standing = await transferById(db, id);
  if (sameTransfer(standing, { id, kind: "refund", amount, job })) return standing;
  const { posted, refunded } = await jobTotals(db, job);
  if (amount > posted - refunded) throw refusals.overRefund(posted - refunded, first.currency);
  const { ends: _, ...base } = first;
  const back = { ...base, id, kind: "refund" as const, debit: first.credit, credit: first.debit };
  const transfer = await insert(db, { ...back, amount, text, at });
  await addTo(db, first.debit, { credits_posted: amount });
  await addTo(db, first.credit, { debits_posted: amount });
  return transfer;
}

async function expire(db: Db, now: string, limit: number): Promise<number> {
  const over = await db
    .selectFrom("burst_transfers as held")
    .select("held.id")
    .where("held.kind", "=", "hold")
    .where("held.expires_at", "<=", now)
    .where((row) =>
      row.not(
        row.exists(
          row
            .selectFrom("burst_transfers as ending")
            .select("ending.id")
            .whereRef("ending.ends", "=", "held.id"),
        ),
      ),
    )
    .orderBy("held.sequence")
    .limit(limit)
    .execute();
  for (const { id } of over)
    await end(db, "void", { id: `${id}/timeout`, hold: id, text: "its time was over", at: now });
  return over.length;
}

async function openHolds(db: Db, job: string): Promise<readonly Transfer[]> {
  const ended = db
    .selectFrom("burst_transfers")
    .select("ends")
    .where("job", "=", job)
    .where("ends", "is not", null);
  const rows = await answered(
    db
      .selectFrom("burst_transfers")
      .selectAll()
      .where("job", "=", job)
      .where("kind", "=", "hold")
      .where("id", "not in", ended)
      .orderBy("sequence")
      .execute(),
  );
  return rows.map(transferOf);
}

async function jobTotals(db: Db, job: string): ReturnType<BurstLedger["jobTotals"]> {
  const rows = await answered(
    db
      .selectFrom("burst_transfers")
      .select(["kind", sql<string>`sum(amount)`.as("amount")])
      .where("job", "=", job)
      .where("kind", "in", ["post", "refund"])
      .groupBy("kind")
      .execute(),
  );
  const of = (kind: string) => BigInt(rows.find((row) => row.kind === kind)?.amount ?? 0);
  return { posted: of("post"), refunded: of("refund") };
}

async function openAccounts(
  db: Db,
  accounts: readonly { readonly id: string; readonly project_id: string | null; readonly currency: string }[],
): Promise<void> {
  await db
    .insertInto("burst_accounts")
    .values([...accounts])
    .onConflict((conflict) => conflict.column("id").doNothing())
    .execute();
}

/** Changes what the two accounts of a transfer have pending and posted. */
async function move(
  db: Db,
  { debit, credit }: Pick<Transfer, "debit" | "credit">,
  by: { readonly pending: bigint; readonly posted: bigint },
): Promise<void> {
  await addTo(db, debit, { debits_pending: by.pending, debits_posted: by.posted });
  await addTo(db, credit, { credits_pending: by.pending, credits_posted: by.posted });
}

type Side = "debits_pending" | "debits_posted" | "credits_pending" | "credits_posted";

async function addTo(db: Db, id: string, by: Partial<Record<Side, bigint>>): Promise<void> {
  const sum = (side: Side) => sql<string>`${sql.ref(side)} + ${(by[side] ?? 0n).toString()}::numeric`;
  await db
    .updateTable("burst_accounts")
    .set({
      debits_pending: sum("debits_pending"),
      debits_posted: sum("debits_posted"),
      credits_pending: sum("credits_pending"),
      credits_posted: sum("credits_posted"),
    })
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
}

async function transferById(db: Db, id: string, lock?: "lock"): Promise<Transfer | undefined> {
  const query = db.selectFrom("burst_transfers").selectAll().where("id", "=", id);
  const row = await (lock === undefined ? query : query.forUpdate()).executeTakeFirst();
  return row === undefined ? undefined : transferOf(row);
}

async function insert(
  db: Db,
  made: Omit<Transfer, "ends"> & { readonly ends?: string },
  expiresAt?: string,
): Promise<Transfer> {
  const { projectId, amount, ends, ...same } = made;
  const row = await db
    .insertInto("burst_transfers")
    .values({
      id: same.id,
      kind: same.kind,
      debit: same.debit,
      credit: same.credit,
      currency: same.currency,
      job: same.job,
      text: same.text,
      at: same.at,
      project_id: projectId,
      amount: amount.toString(),
      ends: ends ?? null,
      expires_at: expiresAt ?? null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return transferOf(row);
}

function transferOf(row: Selectable<BurstTransfersTable>): Transfer {
  const { id, kind, debit, credit, currency, job, text, at } = row;
  const base = { id, kind, projectId: row.project_id, debit, credit, amount: BigInt(row.amount) };
  const rest = { ...base, currency, job, text, at };
  return row.ends === null ? rest : { ...rest, ends: row.ends };
}

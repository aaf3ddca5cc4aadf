import type { Kysely } from "kysely";
import type { Attribution } from "#api/actor.ts";
import { burstLedgerOn } from "./burst-ledger-postgres.ts";
import { burstOffersOn, type BurstOffers } from "./burst-ledger-offers.ts";
import type { BurstLedger } from "./burst-ledger.ts";
import type { PostgresStore } from "./postgres/open.ts";
import type { Database } from "./postgres/schema.ts";
import type { TransactionRecords } from "./postgres/writer.ts";

/** The rows of burst's money in one transaction, or for reading outside of one. */
export interface MoneyRows {
  readonly ledger: BurstLedger;
  readonly offers: BurstOffers;
}

export interface MoneyStore {
  /** For reading. */
  readonly rows: MoneyRows;
  /** Everything that `work` writes, with its events and audit entries, or nothing. */
  transact<T>(
    by: Attribution,
    work: (rows: MoneyRows, records: TransactionRecords) => Promise<T>,
  ): Promise<T>;
}

/** For a transaction that writes other tables too. */
export function moneyRowsOn(db: Kysely<Database>): MoneyRows {
  return { ledger: burstLedgerOn(db), offers: burstOffersOn(db) };
}

export function createMoneyStore(store: Pick<PostgresStore, "db" | "transact">): MoneyStore {
  return {
    rows: moneyRowsOn(store.db),
    transact: async (by, work) =>
      await store.transact(by, async (tx, records) => await work(moneyRowsOn(tx), records)),
  };
}

import { systemActor } from "#api/actor.ts";
import { openTestStore } from "#test/support/store.ts";
import { burstLedgerOn } from "./burst-ledger-postgres.ts";
import { burstLedgerConformance } from "./conformance/burst-ledger.ts";
import { LedgerModel } from "./model/burst-ledger.ts";

burstLedgerConformance("the model", async () => {
  const ledger = new LedgerModel();
  return { run: async (work) => await work(ledger), [Symbol.asyncDispose]: async () => undefined };
});

burstLedgerConformance("PostgreSQL", async () => {
  const shared = await openTestStore();
  const by = { actor: systemActor("test") };
  return {
    run: async (work) => await shared.store.transact(by, async (tx) => await work(burstLedgerOn(tx))),
    [Symbol.asyncDispose]: async () => await shared[Symbol.asyncDispose](),
  };
});

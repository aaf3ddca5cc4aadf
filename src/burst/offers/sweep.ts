import { systemActor } from "#api/actor.ts";
import { moneyText } from "#api/money.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import type { MoneyStore } from "#store/burst-money.ts";

/** How often somebody should sweep. */
export const sweepEveryMs = 5_000;
/** One sweep in so many looks for holds whose time is over, which is a month: every hour. */
export const holdsEverySweeps = 720;
/** Holds that one sweep lets return, and expired offers that it forgets. */
const batch = 100;
/** Offers that nobody accepted are forgotten after this. */
const keptMs = 30 * 24 * 3_600_000;

const by = { actor: systemActor("burst") };

/**
 * Ends offers and holds whose time is over, and tells in events of budgets that are nearly used up. Any process may do it, also several at once: each alert is told
 * once, because it is taken in the transaction of its event.
 */
export async function sweepMoney(parts: {
  readonly store: MoneyStore;
  readonly clock: Clock;
  /** Whether holds are looked at, too. */
  readonly holds: boolean;
}): Promise<void> {
  const { store, clock, holds } = parts;
  const now = isoTime(clock.now());
  const old = isoTime(clock.now() - keptMs);
  if (!holds && !(await store.rows.offers.isDue(now, old))) return;
  await store.transact(by, async ({ offers, ledger }, records) => {
    await offers.expire(now);
    await offers.forget(old, batch);
    if (holds) await ledger.expire(now, batch);
    for (const { projectId, month, percent, budget } of await ledger.takeAlerts()) {
      const name = await offers.projectName(projectId);
      if (name === undefined) continue;
      records.event({
        type: "budget.alert",
        severity: percent >= 100 ? "error" : "warning",
        project: name,
        subject: { kind: "project", name },
        message: `${percent} % of the budget of ${moneyText(budget.amount, budget.currency)} for ${month} is spent or reserved.`,
        details: { percent, month },
      });
    }
  });
}

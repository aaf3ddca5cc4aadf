import type { Balance } from "#api/burst.ts";
import { moneyText } from "#api/money.ts";
import { projectOf } from "#cli/apps/app-target.ts";
import type { Call } from "#cli/declare.ts";
import { print } from "#cli/output/print.ts";
import { withSession } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";
import { amountWord } from "./amount-flag.ts";
import { wordOf } from "./offer.ts";

/** `vdc budget show`. */
export async function budgetShow(call: Call): Promise<void> {
  const month = call.flags.text("month");
  await withSession(call, async ({ client }) => {
    const balance = await client.call(client.routes["ledger.balance"], {
      params: { project: projectOf(call) },
      query: month === undefined ? {} : { month },
      signal: call.io.signal,
    });
    await print(call, balance, () => balanceText(balance));
  });
}

/** `vdc budget set AMOUNT|none`. */
export async function budgetSet(call: Call): Promise<void> {
  const word = wordOf(call, "amount, or none,");
  const amount = word === "none" ? null : amountWord(word, "the budget").toString();
  const currency = call.flags.text("currency");
  const alertsAt = percents(call.flags.text("alerts"));
  await withSession(call, async ({ client }) => {
    const balance = await client.call(client.routes["budget.set"], {
      params: { project: projectOf(call) },
      body: {
        amount,
        ...(currency === undefined ? {} : { currency }),
        ...(alertsAt === undefined ? {} : { alertsAt }),
      },
      signal: call.io.signal,
    });
    await print(call, balance, () => balanceText(balance));
  });
}

function percents(text: string | undefined): number[] | undefined {
  if (text === undefined) return undefined;
  const numbers = text.split(",").map(Number);
  if (numbers.every((value) => Number.isInteger(value) && value >= 1 && value <= 100)) return numbers;
  throw new UsageError(`--alerts takes percents such as 50,80,100, not '${text.slice(0, 40)}'`);
}

function balanceText(balance: Balance): string {
  const { currency, budget, alertsAt } = balance;
  const money = (amount: string) => moneyText(amount, currency);
  const facts: readonly (readonly [string, string])[] = [
    ["month", balance.month],
    ["plan", balance.plan],
    ["spent", money(balance.posted)],
    ["reserved", money(balance.held)],
    ["budget", budget === undefined ? "none: nothing beyond the plan can be bought" : money(budget)],
    ["tells at", alertsAt.map((percent) => `${percent} %`).join(", ")],
  ];
  return facts.map(([name, value]) => `${name.padEnd(9)} ${value === "" ? "-" : value}\n`).join("");
}

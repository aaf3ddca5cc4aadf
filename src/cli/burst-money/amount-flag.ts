import { amountOfDecimal } from "#api/money.ts";
import type { Call } from "#cli/declare.ts";
import { UsageError } from "#cli/usage-error.ts";

/** An option that takes money as a decimal. */
export function amountFlag(call: Pick<Call, "flags">, name: string): bigint | undefined {
  const text = call.flags.text(name);
  return text === undefined ? undefined : amountWord(text, `--${name}`);
}

export function amountWord(text: string, what: string): bigint {
  const amount = amountOfDecimal(text);
  if (amount === undefined)
    throw new UsageError(`${what} takes a decimal such as 0.25, not '${text.slice(0, 40)}'`);
  return amount;
}

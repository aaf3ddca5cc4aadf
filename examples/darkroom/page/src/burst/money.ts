import { amountOfDecimal, decimalOfAmount } from "#api/money.ts";

const unit = 1_000_000_000_000n;

/** An amount of 10⁻¹² of a currency as people write it, rounded up: a bound never looks smaller than it is. */
export function moneyText(amount: string, currency: string): string {
  const value = BigInt(amount);
  const hundredths = (value * 10_000n + unit - 1n) / unit;
  const number = Number(hundredths) / 10_000;
  const digits = number !== 0 && number < 0.1 ? 4 : 2;
  return new Intl.NumberFormat(undefined, {
    style: "currency",
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(number);
}

/** What somebody typed, such as `0.25` or `0,25`, as 10⁻¹²; undefined when it is no amount. */
export function amountOf(text: string): string | undefined {
  return amountOfDecimal(text.trim().replace(",", "."))?.toString();
}

/** The reverse of `amountOf`, for a field. */
export function plainAmount(amount: string): string {
  return decimalOfAmount(amount, 0).replace(/\.$/, "");
}

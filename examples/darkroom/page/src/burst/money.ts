import { amountOfDecimal, decimalOfAmount, roundedAmount } from "#api/money.ts";

/** An amount of 10⁻¹² of a currency as people write it, rounded up: a bound never looks smaller than it is, and a price never like nothing. */
export function moneyText(amount: string, currency: string): string {
  const decimal = decimalOfAmount(roundedAmount(amount));
  const digits = decimal.length - decimal.indexOf(".") - 1;
  const fraction = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  // So few digits are exact as a number.
  return new Intl.NumberFormat(undefined, { style: "currency", currency, ...fraction }).format(
    Number(decimal),
  );
}

/** What somebody typed, such as `0.25` or `0,25`, as 10⁻¹²; undefined when it is no amount. */
export function amountOf(text: string): string | undefined {
  return amountOfDecimal(text.trim().replace(",", "."))?.toString();
}

/** The reverse of `amountOf`, for a field. */
export function plainAmount(amount: string): string {
  return decimalOfAmount(amount, 0).replace(/\.$/, "");
}

import { amountOfDecimal } from "#api/money.ts";

const maxAlerts = 10;

/** `50, 80, 100` as percents, sorted and each once; undefined when it is something else. */
export function alertsOfText(text: string): readonly number[] | undefined {
  const parts = text
    .split(/[\s,;%]+/)
    .filter((part) => part !== "")
    .map(Number);
  const percents = [...new Set(parts)].toSorted((a, b) => a - b);
  const isValid = percents.every((value) => Number.isInteger(value) && value >= 1 && value <= 100);
  return isValid && percents.length <= maxAlerts ? percents : undefined;
}

/** An amount as the API writes it; undefined when the text is no decimal. */
export function amountOfText(text: string): string | undefined {
  return amountOfDecimal(text.trim())?.toString();
}

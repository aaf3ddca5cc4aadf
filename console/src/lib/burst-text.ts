import { moneyText, roundedAmount } from "#api/money.ts";
import { formatDuration } from "#console/lib/format.ts";

/** An amount for the eye, rounded up to few digits. The exact amount is `moneyText` of the API. */
export function shortMoney(amount: bigint | string, currency: string): string {
  return moneyText(roundedAmount(amount), currency);
}

/** `38.4 GHz`. */
export function formatGigahertz(gigahertz: number): string {
  return `${trimmed(gigahertz)} GHz`;
}

/** Work in milliseconds of the reference core: `12.4 core-seconds`, `3.2 core-hours`. */
export function formatCost(ms: number): string {
  if (ms < 120_000) return `${trimmed(ms / 1000)} core-seconds`;
  return ms < 7_200_000 ? `${trimmed(ms / 60_000)} core-minutes` : `${trimmed(ms / 3_600_000)} core-hours`;
}

/** `0.5 cores`. */
export function formatCores(cores: number): string {
  return `${trimmed(cores)} ${cores === 1 ? "core" : "cores"}`;
}

/** A span as an estimate: no decimals, never zero. */
export function formatSeconds(seconds: number): string {
  return formatDuration(Math.max(1, Math.ceil(seconds)) * 1000);
}

/** `12.4/s`. */
export function formatPerSecond(rate: number): string {
  return `${trimmed(rate)}/s`;
}

function trimmed(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString("en");
  return value >= 99.95 ? value.toFixed(0) : String(Number(value.toFixed(value < 9.995 ? 2 : 1)));
}

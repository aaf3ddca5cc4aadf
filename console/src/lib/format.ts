const byteUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** `1.5 GiB`: three significant digits, binary units. */
export function formatBytes(bytes: number): string {
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 1023.5 && unit < byteUnits.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const text = unit === 0 ? String(Math.round(value)) : threeDigits(value);
  return `${bytes < 0 ? "-" : ""}${text} ${byteUnits[unit] ?? ""}`;
}

export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** `12.4 %`; under ten with one decimal, above without. */
export function formatPercent(percent: number): string {
  return `${percent < 9.95 ? percent.toFixed(1) : String(Math.round(percent))} %`;
}

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export function formatCount(count: number): string {
  return grouped.format(count);
}

/** `1 project`, `3 projects`. */
export function countOf(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`;
}

const spans = [
  { name: "d", ms: 86_400_000 },
  { name: "h", ms: 3_600_000 },
  { name: "min", ms: 60_000 },
  { name: "s", ms: 1000 },
] as const;

/** The largest unit and the next one when it is not zero: `2 d 4 h`, `38 s`. Under a second: `0.4 s`. */
export function formatDuration(ms: number): string {
  const whole = Math.max(0, ms);
  if (whole < 1000) return whole === 0 ? "0 s" : `${(whole / 1000).toFixed(1)} s`;
  const at = spans.findIndex((span) => whole >= span.ms);
  const first = spans[at];
  if (first === undefined) return "0 s";
  const second = spans[at + 1];
  const rest = second === undefined ? 0 : Math.floor((whole % first.ms) / second.ms);
  const head = `${Math.floor(whole / first.ms)} ${first.name}`;
  return rest === 0 || second === undefined ? head : `${head} ${rest} ${second.name}`;
}

/** `just now`, `4 min ago`, `in 3 d`. */
export function formatAgo(at: number, now: number): string {
  const distance = Math.abs(now - at);
  if (distance < 5000) return "just now";
  const span = spans.find((candidate) => distance >= candidate.ms) ?? spans[3];
  const text = `${Math.floor(distance / span.ms)} ${span.name}`;
  return at > now ? `in ${text}` : `${text} ago`;
}

const full = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const clockTime = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

/** In the reader's own time zone: `22 Nov 2026, 10:05:05`. */
export function formatTime(at: number): string {
  return full.format(at);
}

export function formatClock(at: number): string {
  return clockTime.format(at);
}

/** Reads `512 MiB`, `2g`, `1.5 TiB`, `1024`; undefined when it is no size. Decimal units are powers of ten. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgtp]?)(i?)(b?)$/i.exec(text.trim());
  if (match === null) return undefined;
  const power = " kmgtp".indexOf((match[2] ?? "").toLowerCase() || " ");
  // A bare letter (`2g`) means the binary unit, as it does for most tools; `GB` is the decimal one.
  const base = match[3] === "" && match[4] !== "" && power > 0 ? 1000 : 1024;
  return Math.round(Number(match[1]) * base ** power);
}

function threeDigits(value: number): string {
  const text = value >= 99.95 ? value.toFixed(0) : value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

const sizes = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** `1.5 GiB`: three figures at most, powers of 1024. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let at = 0;
  while (Math.abs(value) >= 1024 && at < sizes.length - 1) {
    value /= 1024;
    at += 1;
  }
  const figures = Number.isInteger(value) || value >= 100 ? value.toFixed(0) : value.toFixed(1);
  return `${figures} ${sizes[at] ?? ""}`;
}

/** Time since `iso` in its largest unit, as people say it: `42s`, `5m`, `3h`, `12d`, `2y`. Empty for no time. */
export function ageText(iso: string | undefined, nowMs: number): string {
  if (iso === undefined) return "";
  const then = Date.parse(iso);
  if (Number.isNaN(then)) return "";
  const seconds = Math.max(0, Math.floor((nowMs - then) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 120 * 60) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)}h`;
  if (seconds < 730 * 24 * 3600) return `${Math.floor(seconds / 86_400)}d`;
  return `${Math.floor(seconds / (365 * 86_400))}y`;
}

/** `1 field`, `2 fields`. */
export function countText(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

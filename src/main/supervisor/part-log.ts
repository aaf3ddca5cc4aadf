import {
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  truncateSync,
  chmodSync,
} from "node:fs";

/** A log file is kept below this size, with as many older ones. */
export const logLimits = { maxBytes: 10 * 1024 * 1024, keptFiles: 3 } as const;
const maxTailBytes = 64 * 1024;

/**
 * Copies a log that has grown too large aside and empties it in place. The part keeps its descriptor, opened for appending,
 * so it goes on writing at the new end; what it writes between copy and truncation is lost, a few lines at worst.
 */
export function rotateLog(
  file: string,
  limits: { readonly maxBytes: number; readonly keptFiles: number } = logLimits,
): boolean {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) <= limits.maxBytes) return false;
  for (let age = limits.keptFiles - 1; age >= 1; age -= 1) {
    if (existsSync(`${file}.${age}`)) renameSync(`${file}.${age}`, `${file}.${age + 1}`);
  }
  copyFileSync(file, `${file}.1`);
  chmodSync(`${file}.1`, 0o600);
  truncateSync(file, 0);
  return true;
}

/** The last lines of a log, oldest first; none when there is no log. */
export function tailOfLog(file: string, lines: number): readonly string[] {
  if (!existsSync(file)) return [];
  const descriptor = openSync(file, "r");
  try {
    const { size } = fstatSync(descriptor);
    const bytes = Buffer.alloc(Math.min(size, maxTailBytes));
    const read = readSync(descriptor, bytes, 0, bytes.length, size - bytes.length);
    return bytes
      .toString("utf8", 0, read)
      .trimEnd()
      .split("\n")
      .slice(-lines)
      .filter((line) => line !== "");
  } finally {
    closeSync(descriptor);
  }
}

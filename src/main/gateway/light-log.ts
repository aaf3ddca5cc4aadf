import type { Fields, Log } from "#lib/log.ts";
import { loggableFields } from "#lib/log-fields.ts";

const levels = ["debug", "info", "warn", "error"] as const;
type Level = (typeof levels)[number];

/**
 * The log of a gateway process, in the form of src/lib/log.ts. A gateway logs what happens to itself, a few lines an hour, so it is
 * written at once and without pino, which would hold 9 MB in each process. Requests have their own log.
 */
export function lightLog(base: Fields, least: Level, write: (line: string) => void): Log {
  const entry = (level: Level) => (event: string, fields?: Fields) => {
    if (levels.indexOf(level) < levels.indexOf(least)) return;
    const time = new Date(Date.now()).toISOString();
    write(`${JSON.stringify({ level, time, ...base, ...loggableFields(fields), msg: event })}\n`);
  };
  return {
    debug: entry("debug"),
    info: entry("info"),
    warn: entry("warn"),
    error: entry("error"),
    child: (fields) => lightLog({ ...base, ...loggableFields(fields) }, least, write),
  };
}

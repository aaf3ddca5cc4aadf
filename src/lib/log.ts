import { pino, type DestinationStream, type Logger as PinoLogger } from "pino";
import { loggableFields } from "./log-fields.ts";

/** One event per line; `event` is `area.noun.verb`. The values of keys that name secrets are never written. */
export interface Log {
  debug(event: string, fields?: Fields): void;
  info(event: string, fields?: Fields): void;
  warn(event: string, fields?: Fields): void;
  error(event: string, fields?: Fields): void;
  child(fields: Fields): Log;
}

export type Fields = Readonly<Record<string, unknown>>;

export function createLog(options: {
  readonly part: string;
  readonly level?: "debug" | "info" | "warn" | "error" | "silent";
  readonly destination?: DestinationStream;
}): Log {
  const settings = {
    level: options.level ?? "info",
    base: { part: options.part },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return wrap(pino(settings, options.destination ?? standardOutput()));
}

/** Lines that wait for standard output, in bytes; what comes beyond is dropped, not kept in memory. */
const maxWaitingBytes = 8 * 1024 * 1024;
/** A line waits at most this long for others. */
const flushEveryMs = 500;

/**
 * Lines go out together, by a thread: one system call for each took a tenth of a busy control process. What waits
 * is flushed at exit; `kill -9` may lose the lines of the last half second.
 */
function standardOutput(): DestinationStream {
  return pino.destination({
    dest: 1,
    sync: false,
    minLength: 4096,
    periodicFlush: flushEveryMs,
    maxLength: maxWaitingBytes,
  });
}

/** A log that keeps nothing, for tests that look at other things. */
export const silentLog: Log = createLog({ part: "test", level: "silent" });

function wrap(logger: PinoLogger): Log {
  const line = (level: "debug" | "info" | "warn" | "error") => (event: string, fields?: Fields) => {
    if (logger.isLevelEnabled(level)) logger[level](loggableFields(fields), event);
  };
  return {
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
    child: (fields) => wrap(logger.child(loggableFields(fields))),
  };
}

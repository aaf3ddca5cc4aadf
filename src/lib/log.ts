import { pino, type DestinationStream, type Logger as PinoLogger } from "pino";

/** One event per line; `event` is `area.noun.verb`. Secrets are removed by key at any of the depths below. */
export interface Log {
  debug(event: string, fields?: Fields): void;
  info(event: string, fields?: Fields): void;
  warn(event: string, fields?: Fields): void;
  error(event: string, fields?: Fields): void;
  child(fields: Fields): Log;
}

export type Fields = Readonly<Record<string, unknown>>;

const secretKeys = ["password", "passwordHash", "secret", "token", "authorization", "cookie", "clientSecret"];
const redacted = secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);

export function createLog(options: {
  readonly part: string;
  readonly level?: "debug" | "info" | "warn" | "error" | "silent";
  readonly destination?: DestinationStream;
}): Log {
  const settings = {
    level: options.level ?? "info",
    base: { part: options.part },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: redacted, censor: "[secret]" },
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return wrap(options.destination === undefined ? pino(settings) : pino(settings, options.destination));
}

/** A log that keeps nothing, for tests that look at other things. */
export const silentLog: Log = createLog({ part: "test", level: "silent" });

function wrap(logger: PinoLogger): Log {
  const line = (level: "debug" | "info" | "warn" | "error") => (event: string, fields?: Fields) =>
    logger[level](withCauses(fields), event);
  return {
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
    child: (fields) => wrap(logger.child(fields)),
  };
}

/** Writes the whole chain of causes under `error`: message, code and stack of each, bounded. */
function withCauses(fields: Fields = {}): Fields {
  if (!(fields["error"] instanceof Error)) return fields;
  const chain: Fields[] = [];
  let error: unknown = fields["error"];
  while (error instanceof Error && chain.length < 8) {
    const code = (error as { code?: unknown }).code; // Node and pg put a code on their errors; absent is fine
    chain.push({ message: error.message, errorCode: code, stack: error.stack?.split("\n").slice(1, 12) });
    error = error.cause;
  }
  return { ...fields, error: chain };
}

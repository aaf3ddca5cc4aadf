import { pino, type DestinationStream, type Logger as PinoLogger } from "pino";

/** One event per line; `event` is `area.noun.verb`. The values of keys that name secrets are never written. */
export interface Log {
  debug(event: string, fields?: Fields): void;
  info(event: string, fields?: Fields): void;
  warn(event: string, fields?: Fields): void;
  error(event: string, fields?: Fields): void;
  child(fields: Fields): Log;
}

export type Fields = Readonly<Record<string, unknown>>;

const secretKeys = new Set([
  "password",
  "passwordhash",
  "secret",
  "token",
  "authorization",
  "cookie",
  "clientsecret",
]);
/** What lies deeper is left out: a log line is no place for it, and it could hold a secret. */
const maxDepth = 4;

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
    if (logger.isLevelEnabled(level)) logger[level](withoutSecrets(withCauses(fields)), event);
  };
  return {
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
    child: (fields) => wrap(logger.child(withoutSecrets(fields))),
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

/** Our own, because pino's redaction by wildcard paths took 4 % of a busy control process. */
function withoutSecrets(fields: Fields, depth = 1): Fields {
  const clean: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    clean[key] = secretKeys.has(key.toLowerCase()) ? "[secret]" : withoutSecretsInside(value, depth);
  }
  return clean;
}

function withoutSecretsInside(value: unknown, depth: number): unknown {
  if (value === null || typeof value !== "object") return value;
  if (depth >= maxDepth) return "[deep]";
  if (Array.isArray(value)) return value.map((item) => withoutSecretsInside(item, depth + 1));
  return withoutSecrets({ ...value }, depth + 1);
}

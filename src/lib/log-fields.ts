import type { Fields } from "./log.ts";

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

/** What of an event's fields may be written: errors with their causes, and no secrets. */
export function loggableFields(fields: Fields = {}): Fields {
  return withoutSecrets(withCauses(fields));
}

/** Writes the whole chain of causes under `error`: message, code and stack of each, bounded. */
function withCauses(fields: Fields): Fields {
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

import { VdcError } from "#api/errors.ts";
import { jsonDepth, type Json } from "#lib/json.ts";

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** `__proto__` as a key in any spelling that JSON allows. Cheap: only a text that matches is walked. */
const suspicious = /(?:_|\\u005f){2}(?:p|\\u0070)/i;

/**
 * Reads a JSON body: strict UTF-8 (RFC 8259 section 8.1), nesting counted before anything recursive sees it, and no
 * `__proto__` key, which careless code would take for an object's prototype. Throws `bad-request`.
 */
export function readJson(bytes: Buffer, maxDepth: number): Json {
  const text = decoded(bytes);
  if (text.trim() === "") throw new VdcError("bad-request", "The body is empty; it must be JSON.");
  if (jsonDepth(text) > maxDepth)
    throw new VdcError("bad-request", `The body is nested deeper than ${maxDepth} levels.`);
  let value: Json;
  try {
    value = JSON.parse(text) as Json; // what JSON.parse gives is JSON
  } catch (cause) {
    throw new VdcError("bad-request", `The body is not JSON: ${reason(cause)}.`, { cause });
  }
  if (suspicious.test(text) && hasPrototypeKey(value))
    throw new VdcError("bad-request", "The body has a key '__proto__'.");
  return value;
}

function decoded(bytes: Buffer): string {
  try {
    return strictUtf8.decode(bytes);
  } catch (cause) {
    throw new VdcError("bad-request", "The body is not valid UTF-8.", { cause });
  }
}

/** V8's message quotes the text around the fault, which may hold a secret: only the place is kept. */
function reason(cause: unknown): string {
  const place = /position \d+(?: \(line \d+ column \d+\))?/.exec(cause instanceof Error ? cause.message : "");
  return place === null ? "it ends too early or holds a wrong character" : `the fault is at ${place[0]}`;
}

/** Recursive, and safe: the depth was counted before. */
function hasPrototypeKey(value: Json): boolean {
  if (value === null || typeof value !== "object") return false;
  if (Array.isArray(value)) return value.some(hasPrototypeKey);
  if (Object.hasOwn(value, "__proto__")) return true;
  return Object.values(value).some((member) => member !== undefined && hasPrototypeKey(member));
}

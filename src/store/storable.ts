import { VdcError } from "#api/errors.ts";
import { isJsonObject, jsonDepth, type Json } from "#lib/json.ts";
import { storeLimits } from "./limits.ts";

/**
 * A copy of `value` as it will be read back: plain JSON, without `undefined` and -0, not shared with the caller.
 * `invalid` for what PostgreSQL's jsonb cannot hold: NUL, half a surrogate pair, endless nesting.
 */
export function storable<T>(value: T, path: string): { readonly value: T; readonly bytes: number } {
  const text = JSON.stringify(value);
  if (jsonDepth(text) > storeLimits.jsonDepth)
    throw refusal(path, `at most ${storeLimits.jsonDepth} levels of nesting`);
  // A parsed JSON text has the type of what was printed, as long as that was JSON.
  const copy = JSON.parse(text) as T;
  // JSON.stringify escapes exactly these two, so a text without the escapes needs no walk.
  if (/\\u(0000|d[89a-f])/.test(text)) refuseStrings(copy as Json, path);
  return { value: copy, bytes: text.length };
}

/** The same for records of our own making: what cannot be stored is replaced by U+FFFD and never refused. */
export function sanitized<T>(value: T): T {
  const text = JSON.stringify(value);
  const clean = /\\u(0000|d[89a-f])/.test(text)
    ? JSON.stringify(value, (_, part: unknown) => cleanString(part))
    : text;
  return JSON.parse(clean) as T; // the same shape as it went in
}

function cleanString(part: unknown): unknown {
  return typeof part === "string" ? part.toWellFormed().replaceAll("\0", "\uFFFD") : part;
}

function refuseStrings(value: Json, path: string): void {
  if (typeof value === "string") {
    if (value.includes("\0")) throw refusal(path, "holds a NUL character");
    if (!value.isWellFormed()) throw refusal(path, "holds half of a surrogate pair");
  } else if (Array.isArray(value)) {
    value.forEach((item: Json, at) => refuseStrings(item, `${path}[${at}]`));
  } else if (isJsonObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      refuseStrings(key, `${path}.${key.toWellFormed().replaceAll("\0", "\uFFFD")}`);
      refuseStrings(item ?? null, `${path}.${key}`);
    }
  }
}

function refusal(path: string, message: string): VdcError {
  return new VdcError("invalid", `The field ${path} cannot be stored: ${message}.`, {
    fields: [{ path, message }],
  });
}

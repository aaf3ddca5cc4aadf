import { assert } from "#lib/assert.ts";

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
/** A member that is `undefined` counts as absent, as it does for `JSON.stringify`. */
export type JsonObject = { readonly [key: string]: Json | undefined };

/** Keys sorted, no white space (RFC 8785 in spirit; our numbers are safe integers or short decimals): equal values give equal text. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const object = value as JsonObject; // arrays are out above; the type guard does not narrow readonly arrays
    const members = Object.keys(object)
      .toSorted()
      .filter((key) => object[key] !== undefined)
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key] ?? null)}`);
    return `{${members.join(",")}}`;
  }
  const text = JSON.stringify(value);
  assert(text !== undefined, "a JSON value has a text");
  return text;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** The member of that name, not what every object inherits: `constructor` is a label's key like any other. */
export function ownMember<V>(object: { readonly [key: string]: V }, key: string): V | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Levels of nesting of a JSON text, counted without parsing it (a 10,000-deep text must not reach a recursive reader). */
export function jsonDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === 92) at += 1;
      else if (code === 34) inString = false;
    } else if (code === 34) inString = true;
    else if (code === 123 || code === 91) deepest = Math.max(deepest, (depth += 1));
    else if (code === 125 || code === 93) depth -= 1;
  }
  return deepest;
}

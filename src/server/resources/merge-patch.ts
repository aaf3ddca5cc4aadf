import { isJsonObject, type Json } from "#lib/json.ts";

/**
 * JSON merge patch (RFC 7396 section 2): members of the patch replace those of the target, `null` removes, objects
 * merge, everything else is taken whole. Pure; neither argument is changed.
 */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  const merged = new Map<string, Json | undefined>(isJsonObject(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else if (value !== undefined) merged.set(key, mergePatch(merged.get(key), value));
  }
  // `fromEntries` defines members: a key such as `__proto__` would be one like any other.
  return Object.fromEntries<Json | undefined>(merged);
}

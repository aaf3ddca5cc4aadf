import { isJsonObject, type Json } from "#lib/json.ts";
import type { Place } from "./problem.ts";

/** Readers of the small languages that Compose has inside its values. Each gives undefined after it said what is wrong. */

export function textOf(place: Place): string | undefined {
  const { value } = place;
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return place.wrong("a text is expected");
}

export function numberOf(place: Place): number | undefined {
  const value =
    typeof place.value === "string" && place.value.trim() !== "" ? Number(place.value) : place.value;
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  return place.wrong("a number from 0 up is expected");
}

export function wholeOf(place: Place): number | undefined {
  const value = numberOf(place);
  if (value === undefined || Number.isSafeInteger(value)) return value;
  return place.wrong("a whole number is expected");
}

export function booleanOf(place: Place): boolean | undefined {
  if (typeof place.value === "boolean") return place.value;
  if (place.value === "true" || place.value === "false") return place.value === "true";
  return place.wrong("true or false is expected");
}

export function listOf(place: Place): readonly Place[] | undefined {
  const { value } = place;
  if (Array.isArray(value)) return value.map((one: Json, at) => place.at(at, one));
  return place.wrong("a list is expected");
}

export function mapOf(place: Place): readonly (readonly [string, Place])[] | undefined {
  const { value } = place;
  if (!isJsonObject(value)) return place.wrong("a mapping is expected");
  return Object.entries(value).map(([key, member]) => [key, place.at(key, member ?? null)] as const);
}

/** `1h5m30s20ms`, as Go writes durations. Seconds. */
export function secondsOf(place: Place): number | undefined {
  const text = textOf(place);
  if (text === undefined) return undefined;
  const units: Readonly<Record<string, number>> = { us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };
  if (!/^(\d{1,9}(\.\d{1,9})?(us|ms|s|m|h))+$/.test(text))
    return place.wrong("a duration such as 30s or 1m30s is expected");
  let seconds = 0;
  for (const [, amount, , unit] of text.matchAll(/(\d+(\.\d+)?)(us|ms|s|m|h)/g))
    seconds += Number(amount) * (units[unit ?? "s"] ?? 1);
  return seconds;
}

/** `512m`, `1gb`, or a number of bytes. Units are powers of 1024, as in Compose. */
export function bytesOf(place: Place): number | undefined {
  const text = textOf(place);
  if (text === undefined) return undefined;
  const match = /^(\d{1,12}(?:\.\d{1,6})?)\s*(b|k|kb|m|mb|g|gb)?$/i.exec(text);
  const power = { b: 0, k: 1, m: 2, g: 3 }[(match?.[2] ?? "b").toLowerCase().slice(0, 1)] ?? 0;
  if (match === null) return place.wrong("a size such as 512m or 1g is expected");
  return Math.round(Number(match[1]) * 1024 ** power);
}

/** A list of words, or a text that is split as a shell would, without running one. */
export function wordsOf(place: Place): readonly string[] | undefined {
  if (place.value === null) return [];
  if (Array.isArray(place.value)) {
    const words = (listOf(place) ?? []).map(textOf);
    return words.every((word) => word !== undefined) ? words : undefined;
  }
  const text = textOf(place);
  if (text === undefined) return undefined;
  return shellWords(text) ?? place.wrong("a quote is not closed");
}

/** Words with the quoting rules of POSIX shells (2.2), and nothing else of them. Undefined when a quote stays open. */
export function shellWords(text: string): readonly string[] | undefined {
  const words: string[] = [];
  const token = /\s+|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|([^\s'"\\]+)/y;
  let word: string | undefined;
  while (token.lastIndex < text.length) {
    const match = token.exec(text);
    if (match === null) return undefined;
    const [whole, single, double, escaped, bare] = match;
    if (/^\s/.test(whole)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else
      word = (word ?? "") + (single ?? double?.replaceAll(/\\(["\\$`])/g, "$1") ?? escaped ?? bare ?? "");
  }
  if (word !== undefined) words.push(word);
  return words;
}

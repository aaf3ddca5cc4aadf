import type { Change } from "#api/records.ts";

const texts = new WeakMap<Change, string>();

/** The change as JSON, printed once however many watchers it goes to. */
export function changeText(change: Change): string {
  const known = texts.get(change);
  if (known !== undefined) return known;
  const text = JSON.stringify(change);
  texts.set(change, text);
  return text;
}

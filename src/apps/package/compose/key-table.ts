import { nearest } from "#lib/nearest.ts";
import type { Place } from "./problem.ts";
import { mapOf } from "./values.ts";

/**
 * What becomes of one key of a Compose file: it is supported and says as what, or refused and says why and what to write
 * instead. There is no third: a key that is not in a table is an error, so nothing is ever silently ignored. The
 * reference is made from these tables.
 */
export type KeyRule<Draft> =
  | { readonly becomes: string; readonly read: (place: Place, draft: Draft) => void | Promise<void> }
  | { readonly refused: string };

export type KeyTable<Draft> = Readonly<Record<string, KeyRule<Draft>>>;

/** Reads a mapping by its table, in the order of the table: what later keys need is there. */
export async function readByTable<Draft>(place: Place, table: KeyTable<Draft>, draft: Draft): Promise<void> {
  const members = new Map(mapOf(place) ?? []);
  for (const [key, member] of members) {
    const rule = Object.hasOwn(table, key) ? table[key] : undefined;
    if (rule === undefined) unknownKey(key, member, table);
    else if ("refused" in rule) member.wrong(`not supported: ${rule.refused}`);
  }
  for (const [key, rule] of Object.entries(table)) {
    const member = members.get(key);
    if (member !== undefined && "read" in rule) await rule.read(member, draft);
  }
}

/** Extensions of other tools (`x-`) mean nothing by the specification; they are where anchors are kept. */
function unknownKey<Draft>(key: string, member: Place, table: KeyTable<Draft>): void {
  if (key.startsWith("x-")) {
    const meant = nearest(
      key,
      Object.keys(table).filter((known) => known.startsWith("x-")),
    );
    if (meant !== undefined) member.wrong(`unknown extension; did you mean '${meant}'?`);
    return;
  }
  const meant = nearest(key, Object.keys(table));
  member.wrong(
    meant === undefined
      ? "unknown key; the Compose specification has none of that name"
      : `unknown key; did you mean '${meant}'?`,
  );
}

import { hash } from "node:crypto";
import type { AuditEntry } from "#api/records.ts";
import { canonicalJson } from "#lib/json.ts";

/** What the first entry is chained to. */
export const genesisHash = "0".repeat(64);

/** Hex SHA-256 over the hash before and the canonical JSON of the entry without its two hashes. */
export function auditHash(previousHash: string, entry: Omit<AuditEntry, "previousHash" | "hash">): string {
  return hash("sha256", previousHash + canonicalJson(entry), "hex");
}

export type ChainVerdict =
  | { readonly intact: true; readonly sequence: number; readonly hash: string }
  | { readonly intact: false; readonly sequence: number; readonly why: string };

/**
 * Checks a page of entries, oldest first, that must follow `from`. Pure: carry the verdict's sequence and hash
 * to the next page, and compare the last with the store's head to see that nothing was cut off.
 */
export function verifyAuditChain(
  entries: readonly AuditEntry[],
  from: { readonly sequence: number; readonly hash: string } = { sequence: 0, hash: genesisHash },
): ChainVerdict {
  let { sequence, hash: previous } = from;
  for (const { previousHash, hash: claimed, ...entry } of entries) {
    const broken = (why: string): ChainVerdict => ({ intact: false, sequence: entry.sequence, why });
    if (entry.sequence !== sequence + 1) return broken(`entry ${sequence + 1} is missing`);
    if (previousHash !== previous) return broken("it does not follow the entry before it");
    if (auditHash(previousHash, entry) !== claimed) return broken("its content does not give its hash");
    sequence = entry.sequence;
    previous = claimed;
  }
  return { intact: true, sequence, hash: previous };
}

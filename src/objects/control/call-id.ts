import type { Random } from "#lib/random.ts";

/** Names one change of the catalog; whoever sends it again sends the same. */
export function callId(random: Random): string {
  return Buffer.from(random.bytes(16)).toString("hex");
}

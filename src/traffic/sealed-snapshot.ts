import { createHash } from "node:crypto";
import { isoTime } from "#lib/clock.ts";
import { canonicalJson, type Json } from "#lib/json.ts";
import { snapshotSchema, type Snapshot, type SnapshotContent } from "./snapshot.ts";

/** SHA-256 of the canonical JSON of the content, hex. */
export function checksumOf(content: SnapshotContent): string {
  return createHash("sha256").update(canonicalJson(content)).digest("hex");
}

/** A snapshot as it is published. */
export function sealSnapshot(
  content: SnapshotContent,
  { version, now, checksum }: { readonly version: number; readonly now: number; readonly checksum: string },
): Snapshot {
  return { format: 1, version, publishedAt: isoTime(now), checksum, content };
}

/** Reads a published snapshot. `why` says what is wrong with one that cannot be trusted: cut, changed, of another format. */
export function openSnapshot(
  text: string,
): { readonly snapshot: Snapshot } | { readonly snapshot: undefined; readonly why: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { snapshot: undefined, why: "it is not JSON" }; // half written, or not ours
  }
  const parsed = snapshotSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return { snapshot: undefined, why: `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "wrong form"}` };
  }
  // Of what was written, not of what was parsed: a newer schema's defaults are no damage.
  const written = (value as { readonly content: Json }).content; // the schema above let it in
  const checksum = createHash("sha256").update(canonicalJson(written)).digest("hex");
  if (checksum !== parsed.data.checksum) return { snapshot: undefined, why: "its checksum does not fit" };
  return { snapshot: parsed.data };
}

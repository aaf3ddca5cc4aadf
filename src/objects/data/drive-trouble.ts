import type { Finding } from "#objects/catalog.ts";

/** A shard whose bytes are not what was written, or that is shorter. */
export class DamagedShard extends Error {
  override readonly name = "DamagedShard";
}

const kinds: Readonly<Record<string, Finding["kind"]>> = {
  ENOENT: "missing-shard",
  ENOSPC: "no-space",
  EDQUOT: "no-space",
  EROFS: "read-only",
};

/** What the catalog is told about a drive; without an error it was late. */
export function findingOf(
  drive: number,
  error: unknown,
  where: { readonly extentId: string; readonly shard: number },
): Finding {
  const base = { drive, ...where, count: 1 };
  if (error === undefined) return { ...base, kind: "late" };
  if (error instanceof DamagedShard) return { ...base, kind: "checksum-mismatch" };
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  if (code === undefined) return { ...base, kind: "io-error" };
  return { ...base, kind: kinds[code] ?? "io-error", code };
}

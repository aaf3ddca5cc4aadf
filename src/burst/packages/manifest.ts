import { VdcError } from "#api/errors.ts";
import { kernelManifestSchema, type KernelManifest } from "#api/burst-package.ts";
import type { Sha256 } from "../task.ts";

const maxManifestBytes = 512 * 1024;

/** Reads a manifest from its text. Throws `VdcError` `invalid` with what is wrong in words. */
export function parseManifest(text: string): KernelManifest {
  if (text.length > maxManifestBytes) throw new VdcError("invalid", "The manifest is longer than 512 KiB.");
  const parsed = kernelManifestSchema.safeParse(jsonOf(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new VdcError(
      "invalid",
      `The manifest's ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "is wrong"}.`,
    );
  }
  const manifest = parsed.data;
  if (versionParts(manifest.version) === undefined)
    throw new VdcError("invalid", "The manifest's version is no semantic version, such as 1.2.3.");
  for (const [name, { file }] of Object.entries(manifest.functions)) {
    if (!Object.hasOwn(manifest.files, file))
      throw new VdcError("invalid", `The manifest's function ${name} is in no file of the package.`);
  }
  return manifest;
}

/** The package's name everywhere: SHA-256 of the manifest's exact text in UTF-8. */
export async function manifestHash(text: string, sha256: Sha256): Promise<string> {
  return await sha256(new TextEncoder().encode(text));
}

/** Negative when `one` is the older version (https://semver.org, 11; what follows a `+` does not count). Both were checked by `parseManifest`. */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [versionParts(one), versionParts(other)];
  if (a === undefined || b === undefined) return 0;
  for (const at of [0, 1, 2])
    if (a.numbers[at] !== b.numbers[at]) return (a.numbers[at] ?? 0) - (b.numbers[at] ?? 0);
  if (a.before.length === 0 || b.before.length === 0) return b.before.length - a.before.length;
  return compareIdentifiers(a.before, b.before);
}

interface Version {
  readonly numbers: readonly number[];
  /** Identifiers of a version before the release: `rc`, `1`. */
  readonly before: readonly string[];
}

function versionParts(text: string): Version | undefined {
  const pattern =
    /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?$/;
  const found = pattern.exec(text);
  if (found === null) return undefined;
  return { numbers: found.slice(1, 4).map(Number), before: found[4]?.split(".") ?? [] };
}

function compareIdentifiers(one: readonly string[], other: readonly string[]): number {
  for (const [at, a] of one.entries()) {
    const b = other[at];
    if (b === undefined) return 1;
    if (a === b) continue;
    const [isNumber, isOtherNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)];
    if (isNumber && isOtherNumber) return Number(a) - Number(b);
    if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
    return a < b ? -1 : 1;
  }
  return one.length - other.length;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new VdcError("invalid", "The manifest is no JSON.", { cause: error });
  }
}

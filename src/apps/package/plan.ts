import type { PackageSpec, PackageStatus } from "#api/kinds/package.ts";
import type { ReleaseStatus } from "#api/kinds/release.ts";
import type { Resource } from "#api/resource.ts";
import { canonicalJson } from "#lib/json.ts";
import { filesOf } from "./image.ts";

export type Package = Resource<PackageSpec, PackageStatus>;

/** What a pass knows of the packages of one project. */
export interface PackagesObserved {
  readonly project: string;
  readonly packages: readonly PackageObserved[];
}

export interface PackageObserved {
  readonly package: Package;
  /** Apps that run it or are about to, sorted. */
  readonly usedBy: readonly string[];
  /** Whether all its files are on this machine. */
  readonly whole: boolean;
}

export type PackageAction =
  | { readonly do: "write-status"; readonly package: Package; readonly status: PackageStatus }
  | { readonly do: "finalize"; readonly package: Package };

/** Release phases that need the package's files: what serves, or is on its way in or out. */
export const livePhases: ReadonlySet<ReleaseStatus["phase"]> = new Set([
  "pending",
  "rolling-out",
  "serving",
  "rolling-back",
]);

/**
 * A package that is deleted stays until no app runs it. Old releases do not hold it: going back to one of them needs the same
 * package uploaded again. Pure.
 */
export function planPackages({ packages }: PackagesObserved): readonly PackageAction[] {
  return packages.flatMap((observed): readonly PackageAction[] => {
    const { package: one, usedBy, whole } = observed;
    if (one.deletingSince !== undefined && usedBy.length === 0) return [{ do: "finalize", package: one }];
    const status: PackageStatus = { phase: whole ? "available" : "damaged", usedBy: [...usedBy] };
    return canonicalJson(status) === canonicalJson(one.status)
      ? []
      : [{ do: "write-status", package: one, status }];
  });
}

/** Everything on the disk that a package names, its image manifest among it. */
export function digestsOf(spec: PackageSpec): readonly string[] {
  return [spec.digest, ...spec.components.flatMap(({ artifact }) => artifact ?? []), ...filesOf(spec)];
}

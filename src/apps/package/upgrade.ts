import semver from "semver";
import type { Manifest } from "#api/manifest.ts";

export type UpgradeAnswer = { readonly may: true } | { readonly may: false; readonly reason: string };

/** Whether an app that runs `fromVersion` of the package may go to this one: what `upgradeFrom` says, all when it says nothing. */
export function mayUpgrade(
  fromVersion: string,
  manifest: Pick<Manifest, "id" | "version" | "upgradeFrom">,
): UpgradeAnswer {
  const { id, version, upgradeFrom } = manifest;
  if (upgradeFrom === undefined || fromVersion === version) return { may: true };
  if (semver.satisfies(fromVersion, upgradeFrom, { includePrerelease: true })) return { may: true };
  const reason = `${id} ${version} can be installed over versions ${upgradeFrom}, and ${fromVersion} runs; go over a version between them`;
  return { may: false, reason };
}

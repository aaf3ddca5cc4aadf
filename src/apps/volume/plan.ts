import type { VolumeStatus } from "#api/kinds/volume.ts";
import { canonicalJson } from "#lib/json.ts";
import type { Volume } from "../observed.ts";

/** What a pass knows of the volumes of one project. */
export interface VolumesObserved {
  readonly project: string;
  readonly volumes: readonly Volume[];
  /** Names of apps by volume. */
  readonly usedBy: ReadonlyMap<string, readonly string[]>;
  /** What was counted last, by id. */
  readonly usedBytes: ReadonlyMap<string, number>;
  /** Ids that are counted again in this pass, because the last count is old. */
  readonly due: readonly string[];
}

export type VolumeAction =
  | { readonly do: "write-status"; readonly volume: Volume; readonly status: VolumeStatus }
  | { readonly do: "count"; readonly volume: Volume }
  | { readonly do: "remove"; readonly volume: Volume };

/** A volume's status is true; one that is deleted goes with its files, but never under an app that mounts it. Pure. */
export function planVolumes(observed: VolumesObserved): readonly VolumeAction[] {
  return observed.volumes.flatMap((volume): readonly VolumeAction[] => {
    const usedBy = [...(observed.usedBy.get(volume.name) ?? [])];
    if (volume.deletingSince !== undefined && usedBy.length === 0) return [{ do: "remove", volume }];
    const status = statusOf(volume, usedBy, observed.usedBytes.get(volume.id));
    const write =
      canonicalJson(status) === canonicalJson(volume.status)
        ? []
        : [{ do: "write-status", volume, status } as const];
    const count = observed.due.includes(volume.id) ? [{ do: "count", volume } as const] : [];
    return [...count, ...write];
  });
}

function statusOf(volume: Volume, usedBy: string[], counted: number | undefined): VolumeStatus {
  const usedBytes = counted ?? volume.status.usedBytes;
  const isDeleting = volume.deletingSince !== undefined;
  return {
    phase: isDeleting ? "deleting" : "ready",
    ...(usedBytes === undefined ? {} : { usedBytes }),
    usedBy,
    ...(isDeleting ? { reason: `It goes when these apps no longer mount it: ${usedBy.join(", ")}.` } : {}),
  };
}

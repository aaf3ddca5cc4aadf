import { VdcError } from "#api/errors.ts";
import { unreachable } from "#lib/assert.ts";
import type { Clock } from "#lib/clock.ts";
import { keyOf } from "#control/reconcile/key-of.ts";
import { listAll } from "#control/reconcile/list-all.ts";
import { maxKeys, type ActContext, type Reconciler } from "#control/reconcile/reconciler.ts";
import { writeStatus } from "#control/reconcile/write-status.ts";
import type { ResourceStore } from "#store/store.ts";
import type { Volume } from "../observed.ts";
import type { VolumeFiles } from "../ports.ts";
import { usesOf } from "../used-by.ts";
import { planVolumes, type VolumeAction, type VolumesObserved } from "./plan.ts";

export interface VolumeReconcilerOptions {
  readonly resources: ResourceStore;
  readonly volumes: VolumeFiles;
  /** Whose volumes these are. */
  readonly machine: string;
  readonly clock: Clock;
}

/** A volume is counted again after this. */
export const countEveryMs = 5 * 60_000;
/** Volumes that one pass counts: walking a tree costs reads of the disk. */
const countsAtOnce = 8;
const maxVolumes = 5_000;
const maxCounts = 20_000;

interface Counted {
  readonly bytes: number;
  readonly at: number;
}

/** Keeps the volumes of every project true. One key is a project. */
export function createVolumeReconciler(
  options: VolumeReconcilerOptions,
): Reconciler<VolumesObserved, VolumeAction> {
  const { resources } = options;
  const counted = new Map<string, Counted>();
  return {
    name: "volume",
    lease: `reconciler/volume/${options.machine}`,
    watches: ["volume", "app"],
    everyMs: countEveryMs,
    keysOf: ({ project }) => (project === undefined ? [] : [project]),
    keys: async (signal) => {
      const projects = new Set<string>();
      for await (const { project } of listAll(resources, { kind: "volume" }, { max: maxKeys, signal }))
        if (project !== undefined) projects.add(project);
      return [...projects];
    },
    observe: async (project, signal) => await observe(project, options, counted, signal),
    plan: planVolumes,
    act: async (action, context) => await act(action, options, counted, context),
    describe: {
      observed: ({ project, volumes }) => `${project} has ${volumes.length} volumes`,
      action: (action) => `${action.do} ${action.volume.name}`,
    },
  };
}

async function observe(
  project: string,
  { resources, clock }: VolumeReconcilerOptions,
  counted: ReadonlyMap<string, Counted>,
  signal: AbortSignal,
): Promise<VolumesObserved> {
  const volumes: Volume[] = [];
  for await (const one of listAll(
    resources,
    { kind: "volume", projects: [project] },
    { max: maxVolumes, signal },
  ))
    volumes.push(one as Volume); // the store holds what the kind's schema let in
  if (volumes.length === 0) return { project, volumes, usedBy: new Map(), usedBytes: new Map(), due: [] };
  const uses = await usesOf(project, resources, signal);
  const now = clock.monotonic();
  const due = volumes
    .filter(({ id, deletingSince }) => {
      const last = counted.get(id);
      return deletingSince === undefined && (last === undefined || now - last.at >= countEveryMs - 1_000);
    })
    .slice(0, countsAtOnce)
    .map(({ id }) => id);
  const usedBytes = new Map([...counted].map(([id, { bytes }]) => [id, bytes]));
  return { project, volumes, usedBy: uses.volumes, usedBytes, due };
}

async function act(
  action: VolumeAction,
  { resources, volumes, clock }: VolumeReconcilerOptions,
  counted: Map<string, Counted>,
  { by, fence, signal }: ActContext,
): Promise<"again" | void> {
  const { volume } = action;
  switch (action.do) {
    case "write-status":
      return await writeStatus(resources, volume, action.status, { by, fence });
    case "count": {
      if (counted.size >= maxCounts) counted.clear();
      counted.set(volume.id, { bytes: await volumes.usedBytes(volume.id, signal), at: clock.monotonic() });
      return "again";
    }
    case "remove":
      // The files first: a volume whose name is free has nothing left on the disk.
      await volumes.remove(volume.id);
      counted.delete(volume.id);
      try {
        await resources.finalize(keyOf(volume), { by, fence });
      } catch (error) {
        if (!(error instanceof VdcError && error.code === "not-found")) throw error; // gone already
      }
      return undefined;
    default:
      return unreachable(action);
  }
}

import type { MachineSpec, MachineStatus } from "#api/kinds/machine.ts";
import type { Resource } from "#api/resource.ts";
import { isoTime } from "#lib/clock.ts";
import { canonicalJson, type JsonObject } from "#lib/json.ts";
import type { HostFacts } from "./host-probe.ts";

export type Machine = Resource<MachineSpec, MachineStatus>;

export interface MachineObserved {
  readonly name: string;
  readonly machine?: Machine;
  readonly facts: HostFacts;
}

export type MachineAction =
  | { readonly do: "register"; readonly name: string }
  | { readonly do: "write-status"; readonly machine: Machine; readonly status: JsonObject };

const gibibyte = 1024 ** 3;

/** Registers the host when it is missing, and keeps its status true. Pure. */
export function planMachine(observed: MachineObserved, now: number): readonly MachineAction[] {
  const { machine, facts } = observed;
  if (machine === undefined) return [{ do: "register", name: observed.name }];
  // It comes back once it is gone: the host is still here.
  if (machine.deletingSince !== undefined) return [];
  const status = machineStatus(facts, machine.generation);
  const { probedAt: _, ...before } = machine.status;
  // When it was looked at last is no news by itself.
  if (canonicalJson(status) === canonicalJson(before)) return [];
  return [{ do: "write-status", machine, status: { ...status, probedAt: isoTime(now) } }];
}

function machineStatus(facts: HostFacts, generation: number): JsonObject {
  const disks = facts.disks?.map(({ mount, device, filesystem, sizeBytes, freeBytes }) => ({
    mount,
    device,
    filesystem,
    sizeBytes,
    freeBytes: Math.floor(freeBytes / gibibyte) * gibibyte,
  }));
  const programs = facts.programs?.map((program): JsonObject => ({ ...program }));
  return {
    ...facts,
    ...(disks === undefined ? {} : { disks }),
    ...(programs === undefined ? {} : { programs }),
    phase: "ready",
    observedGeneration: generation,
  };
}

import type { Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import type { DataPorts } from "#objects/data/data-ports.ts";
import { slabBufferBytes, slabWaitingMax, usualSizes } from "#objects/data/data-limits.ts";
import { DriveHealth } from "#objects/data/drive-health.ts";
import { Slab } from "#objects/erasure/slab.ts";

/** What a process of this machine stores and reads extents with; `slabBuffers` bounds what is coded at once. */
export function localDataPorts(
  from: { readonly clock: Clock; readonly random: Random; readonly slabBuffers: number } & Omit<
    DataPorts,
    "health" | "sizes" | "slab"
  >,
): DataPorts {
  const { slabBuffers, ...ports } = from;
  const slab = new Slab({
    bufferBytes: slabBufferBytes(usualSizes),
    count: slabBuffers,
    waitingMax: slabWaitingMax,
  });
  return { ...ports, health: new DriveHealth(from.clock), sizes: usualSizes, slab };
}

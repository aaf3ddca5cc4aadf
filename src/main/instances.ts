import { join } from "node:path";
import { VdcError } from "#api/errors.ts";
import type { InstanceEngine } from "#apps/engine.ts";
import { openProcessEngine } from "#apps/engines/process/open-process-engine.ts";
import { firstAccount } from "#apps/engines/process/sandbox-spec.ts";
import type { PortNumbers, VolumeFiles } from "#apps/ports.ts";
import { freePortNumber, instancePorts } from "#drivers/port-numbers/port-numbers.ts";
import { openVolumeFiles } from "#drivers/volume-files/volume-files.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import { shimProgram, warmShim } from "#main/shim-program.ts";

/** What this machine runs instances with. */
export interface InstancesHere {
  /** Best first. */
  readonly engines: readonly InstanceEngine[];
  readonly volumes: VolumeFiles;
  readonly ports: PortNumbers;
}

/** Opens the engines of this machine; `opening` closes them, and what they run goes on. */
export async function openInstances(
  options: {
    readonly dataDirectory: string;
    readonly clock: Clock;
    readonly random: Random;
    readonly log: Log;
  },
  opening: AsyncDisposableStack,
): Promise<InstancesHere> {
  const { dataDirectory, clock, random, log } = options;
  const shim = shimProgram();
  warmShim(shim);
  const engine = opening.use(await openProcessEngine({ dataDirectory, shim, clock, log }));
  return {
    engines: [engine],
    volumes: openVolumeFiles({ root: join(dataDirectory, "volumes"), firstAccount }),
    ports: {
      free: async (taken) => {
        const port = await freePortNumber(taken, random);
        if (port !== undefined) return port;
        const { first, last } = instancePorts;
        throw new VdcError("busy", `no port from ${first} to ${last} is free for another instance`);
      },
    },
  };
}

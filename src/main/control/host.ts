import type { Clock } from "#lib/clock.ts";
import type { HostProbe } from "#control/machine/host-probe.ts";
import { probeHost } from "#drivers/host/probe.ts";
import { listProcesses } from "#drivers/host/processes.ts";
import { sampleHost } from "#drivers/host/sample.ts";

/** This host, as control asks about it. */
export function hostProbe(clock: Clock): HostProbe {
  return {
    groups: [{ name: "hardware, disks, isolation and programs", look: probeHost }],
    sample: () => sampleHost(clock),
    processes: listProcesses,
  };
}

import type { Attribution } from "#api/actor.ts";
import type { Operation } from "#api/records.ts";
import type { Operations } from "../operations/operations.ts";
import type { FactsCache } from "./facts.ts";
import type { HostProbe } from "./host-probe.ts";

const lastStep = "record what was found";

/** Looks at this host again, a step for each group of questions. The reconciler writes what was found. */
export async function startMachineProbe(
  machine: string,
  by: Attribution,
  ports: {
    readonly operations: Operations;
    readonly host: HostProbe;
    readonly facts: FactsCache;
    /** Asks the machine's reconciler for a pass. */
    readonly wake: () => void;
  },
): Promise<Operation> {
  const { groups } = ports.host;
  return await ports.operations.start(
    {
      type: "machine.probe",
      title: `Look at machine ${machine}`,
      target: { kind: "machine", name: machine },
      by,
      cancelable: true,
      steps: [...groups.map((group) => group.name), lastStep],
    },
    async (progress, signal) => {
      for (const [index, group] of groups.entries()) {
        signal.throwIfAborted();
        progress.step(group.name);
        await ports.facts.lookAt(group, signal);
        progress.percent(((index + 1) / (groups.length + 1)) * 100);
      }
      progress.step(lastStep);
      ports.wake();
    },
  );
}

import { machineSpecSchema } from "#api/kinds/machine.ts";
import { VdcError } from "#api/errors.ts";
import type { ResourceStore } from "#store/store.ts";
import { writeStatus } from "../reconcile/write-status.ts";
import type { ActContext, Reconciler } from "../reconcile/reconciler.ts";
import type { FactsCache } from "./facts.ts";
import { planMachine, type Machine, type MachineAction, type MachineObserved } from "./plan.ts";

/** Facts of a host change seldom; between two probes they are believed for this long. */
export const factsAgeMs = 5 * 60_000;

/** Keeps the resource of this host true. Each host has its own leader: only its own processes can look at it. */
export function createMachineReconciler(options: {
  readonly resources: ResourceStore;
  readonly facts: FactsCache;
  /** By `machineName`. */
  readonly name: string;
}): Reconciler<MachineObserved, MachineAction> {
  const { resources, facts, name } = options;
  return {
    name: "machine",
    lease: `reconciler/machine/${name}`,
    watches: ["machine"],
    // A little longer than facts are believed, so that each turn of the timer looks anew.
    everyMs: factsAgeMs + 1_000,
    keysOf: (subject) => (subject.name === name ? [name] : []),
    keys: async () => await Promise.resolve([name]),
    observe: async (_, signal) => {
      const found = await facts.read(factsAgeMs, signal);
      // The store holds what the kind's schema let in.
      const machine = (await resources.get({ kind: "machine", name })) as Machine | undefined;
      return { name, facts: found, ...(machine === undefined ? {} : { machine }) };
    },
    plan: planMachine,
    act: async (action, context) => await act(action, resources, context),
    describe: {
      observed: ({ machine, facts: { cores, programs } }) =>
        `${name} ${machine === undefined ? "is not registered" : "is registered"}, ${cores ?? "?"} cores, ` +
        `${programs?.filter((program) => program.present).length ?? 0} optional programs`,
      action: (action) => action.do,
    },
  };
}

async function act(
  action: MachineAction,
  resources: ResourceStore,
  { by, fence }: ActContext,
): Promise<"again" | void> {
  if (action.do === "write-status")
    return await writeStatus(resources, action.machine, action.status, { by, fence });
  try {
    const spec = machineSpecSchema.parse({});
    // Only when it is missing: what a user wrote is never overwritten.
    const wanted = { kind: "machine", name: action.name, labels: {}, spec };
    await resources.apply(wanted, { by, fence, ifRevision: "absent" });
  } catch (error) {
    // Somebody was faster: then it is there.
    if (!(error instanceof VdcError && taken.has(error.code))) throw error;
  }
  return "again";
}

const taken: ReadonlySet<string> = new Set(["precondition-failed", "already-exists", "deleting"]);

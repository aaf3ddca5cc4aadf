import type { Attribution } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import type { Operation } from "#api/records.ts";
import type { Clock } from "#lib/clock.ts";
import type { Operations, Progress } from "#control/operations/operations.ts";
import type { CatalogAdmin, WorkKind, WorkView } from "../../admin.ts";
import { told } from "./told.ts";

const lookEveryMs = 500;
/** Looks in a row that may fail: the catalog was restarted, and its work goes on. */
const failedLooksMax = 120;

const titles: Readonly<Record<WorkKind, string>> = {
  repair: "Repair what has lost a shard",
  scrub: "Read everything and check it",
  rebalance: "Spread data evenly over the drives",
  drain: "Empty a drive",
  "rebuild-index": "Make the index anew from the journal",
  "scan-rebuild": "Make metadata anew from the drives alone",
  "scan-preview": "Count what a scan of the drives would bring back",
  "clean-journal": "Win space in the journal",
  "collect-garbage": "Remove what was deleted",
};

/** Starts work of the store, and shows it as an operation until it ends. Cancelling the operation cancels the work. */
export async function startWork(
  work: WorkKind,
  by: Attribution,
  ports: {
    readonly catalog: Pick<CatalogAdmin, "start" | "work" | "cancel">;
    readonly operations: Operations;
    readonly clock: Clock;
  },
): Promise<Operation> {
  const { catalog, operations } = ports;
  const running = (await told(catalog.work({}))).find((one) => one.work === work && one.state === "running");
  if (running !== undefined)
    throw new VdcError("busy", `Work of this kind runs already: ${titles[work].toLowerCase()}.`);
  const request = { type: `object-store.${work}`, title: titles[work], by, cancelable: true, steps: [work] };
  return await operations.start(request, async (progress, signal) => {
    const begun = await told(catalog.start({ work }));
    progress.step(work);
    const ended = await followed(begun, ports, progress, signal);
    if (ended.state === "failed") throw new VdcError("unavailable", ended.message ?? "The work failed.");
    if (ended.state === "cancelled") throw new VdcError("cancelled", "The work was cancelled.");
    if (ended.message !== undefined) progress.log(ended.message);
    return { items: ended.doneItems, bytes: ended.doneBytes };
  });
}

async function followed(
  begun: WorkView,
  { catalog, clock }: Parameters<typeof startWork>[2],
  progress: Progress,
  signal: AbortSignal,
): Promise<WorkView> {
  let view = begun;
  let failures = 0;
  try {
    while (view.state === "running") {
      progress.percent(percentOf(view));
      if (view.message !== undefined) progress.log(view.message);
      await clock.sleep(lookEveryMs, signal);
      try {
        view = (await told(catalog.work({}))).find(({ id }) => id === begun.id) ?? lost(begun);
        failures = 0;
      } catch (error) {
        failures += 1;
        if (failures > failedLooksMax || !(error instanceof VdcError && error.code === "unavailable"))
          throw error;
      }
    }
    return view;
  } catch (error) {
    if (signal.aborted) await catalog.cancel({ id: begun.id });
    throw error;
  }
}

function lost(begun: WorkView): never {
  throw new VdcError("interrupted", `The catalog no longer knows of this ${begun.work}; it was restarted.`);
}

function percentOf({ doneBytes, totalBytes, doneItems, totalItems }: WorkView): number {
  if (totalBytes > 0) return (doneBytes / totalBytes) * 100;
  return totalItems > 0 ? (doneItems / totalItems) * 100 : 0;
}

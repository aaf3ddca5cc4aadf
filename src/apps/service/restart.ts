import { VdcError } from "#api/errors.ts";
import type { Operation } from "#api/records.ts";
import type { Attribution } from "#api/actor.ts";
import type { Clock } from "#lib/clock.ts";
import { keyOf } from "#control/reconcile/key-of.ts";
import type { Operations } from "#control/operations/operations.ts";
import type { ResourceStore } from "#store/store.ts";
import type { App, Instance } from "../observed.ts";
import { isActive } from "../rollout/members.ts";

const pollMs = 300;
/** Nobody waits longer for a restart; the app goes on with it. */
const waitMs = 30 * 60_000;

/** Marks instances to be replaced; the reconciler does it when availability allows. The operation ends when the last one is gone. */
export async function restartApp(
  app: App,
  component: string | undefined,
  by: Attribution,
  ports: {
    readonly resources: ResourceStore;
    readonly operations: Operations;
    readonly clock: Clock;
    readonly instances: () => Promise<readonly Instance[]>;
  },
): Promise<Operation> {
  const { resources, operations, clock } = ports;
  if (app.spec.stopped) throw new VdcError("conflict", `App ${app.name} is stopped; start it instead.`);
  if (app.spec.paused)
    throw new VdcError("conflict", `App ${app.name} is paused: nothing of it is replaced.`);
  const chosen = (await ports.instances()).filter(
    (one) => isActive(one) && (component === undefined || one.spec.component === component),
  );
  if (chosen.length === 0) throw new VdcError("conflict", `App ${app.name} has no such instance that runs.`);
  const request = {
    type: "app.restart",
    title: `Restart ${component === undefined ? "" : `component ${component} of `}app ${app.name}`,
    ...(app.project === undefined ? {} : { project: app.project }),
    target: keyOf(app),
    by,
    cancelable: false,
    steps: ["mark", "replace"],
  };
  return await operations.start(request, async (progress, signal) => {
    progress.step("mark");
    for (const instance of chosen) {
      signal.throwIfAborted();
      await mark(instance, resources, progress.by);
    }
    progress.step("replace");
    const ids = new Set(chosen.map(({ id }) => id));
    const end = clock.monotonic() + waitMs;
    for (;;) {
      const left = (await ports.instances()).filter(({ id }) => ids.has(id)).length;
      progress.percent(100 * (1 - left / ids.size));
      if (left === 0) return { replaced: ids.size };
      if (clock.monotonic() > end)
        throw new VdcError(
          "timeout",
          `${left} of ${ids.size} instances are not replaced yet; the app goes on with it.`,
        );
      await clock.sleep(pollMs, signal);
    }
  });
}

async function mark(instance: Instance, resources: ResourceStore, by: Attribution): Promise<void> {
  try {
    await resources.patch(
      keyOf(instance),
      ({ labels, spec }) => ({ labels, spec: { ...spec, replace: true } }),
      { by },
    );
  } catch (error) {
    // It is on its way out, or gone: that is what is wanted.
    if (!(error instanceof VdcError && (error.code === "not-found" || error.code === "deleting")))
      throw error;
  }
}

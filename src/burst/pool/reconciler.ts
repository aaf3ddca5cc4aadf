import type { AppSpec, AppStatus, PoolState } from "#api/kinds/app.ts";
import type { InstanceSpec, InstanceStatus } from "#api/kinds/instance.ts";
import type { Resource } from "#api/resource.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import { listAll } from "#control/reconcile/list-all.ts";
import { maxKeys, type ActContext, type Reconciler } from "#control/reconcile/reconciler.ts";
import { writeStatus } from "#control/reconcile/write-status.ts";
import type { EventStore, ResourceStore } from "#store/store.ts";
import { schedulerLease } from "../scheduler/limits.ts";
import { neededWorkers, planPool, poolLimits, remembered, type Need } from "./plan-pool.ts";
import type { PoolName, PoolView } from "./pool-view.ts";

type App = Resource<AppSpec, AppStatus>;
type Instance = Resource<InstanceSpec, InstanceStatus>;

export interface PoolObserved {
  readonly key: string;
  /** Absent once it is gone. */
  readonly app?: App;
  readonly pools: readonly ObservedPool[];
}

interface ObservedPool {
  readonly state: PoolState;
  readonly view: PoolView;
  readonly needs: readonly Need[];
  /** Names of those that are meant to run. */
  readonly instances: readonly string[];
}

export interface PoolAction {
  readonly do: "size";
  readonly app: App;
  readonly before: PoolState;
  readonly after: PoolState;
}

export interface PoolReconcilerOptions {
  readonly resources: ResourceStore;
  readonly events: EventStore;
  /** `Scheduler.pool`. */
  readonly view: (pool: PoolName) => PoolView | undefined;
  readonly clock: Clock;
  /** Asks for a pass of a key. */
  readonly wake: (key: string) => void;
}

/**
 * Sizes the pools of apps by the jobs that wait. Which components are pools, and their bounds, the app's own reconciler says in its status; this one writes there how many
 * are wanted. It is led by whoever leads the scheduler: nobody else knows the work. One key is `PROJECT/NAME` of an app.
 */
export function createPoolReconciler(
  options: PoolReconcilerOptions,
): Reconciler<PoolObserved, PoolAction> & Disposable {
  const sizer = new PoolSizer(options);
  return {
    name: "pool",
    lease: schedulerLease,
    watches: ["app"],
    everyMs: 30_000,
    keysOf: ({ project, name }) => [`${project ?? ""}/${name}`],
    keys: async (signal) => await sizer.keys(signal),
    observe: async (key, signal) => await sizer.observe(key, signal),
    plan: planPools,
    act: async (action, context) => await sizer.act(action, context),
    describe: {
      observed: ({ key, pools }) =>
        `${key} has ${pools.map(({ state, needs }) => `${state.wanted} ${state.component}, needs ${needs.at(-1)?.workers ?? 0}`).join("; ") || "no pools"}`,
      action: ({ before, after }) => `${before.wanted} → ${after.wanted} ${after.component}`,
    },
    [Symbol.dispose]: () => sizer[Symbol.dispose](),
  };
}

/** Pure. */
export function planPools({ app, pools }: PoolObserved, now: number): readonly PoolAction[] {
  if (app === undefined || app.deletingSince !== undefined || app.spec.stopped || app.spec.paused) return [];
  return pools.flatMap(({ state, view, needs, instances }) => {
    const busy = instances.filter((name) => view.busy.has(name)).length;
    const wanted = planPool(state.wanted, needs, { bounds: state, busy, nowMs: now });
    if (wanted === state.wanted) return [];
    const spare = instances.filter((name) => !view.busy.has(name));
    const reason = wanted > state.wanted ? growing(view, needs, state) : shrinking(busy, needs, state);
    const after = {
      ...state,
      wanted,
      reason,
      since: isoTime(now),
      spare: wanted < state.wanted ? spare : [],
    };
    return [{ do: "size", app, before: state, after }] as const;
  });
}

function growing({ work }: PoolView, needs: readonly Need[], { max, drainSeconds }: PoolState): string {
  const seconds = Math.ceil(work.reduce((sum, { coreSeconds }) => sum + coreSeconds, 0));
  const needed = needs.at(-1)?.workers ?? 0;
  const bound = needed > max ? `; ${needed} would be needed, and ${max} is the most` : "";
  return `${seconds} core-seconds wait, which should be done in ${drainSeconds} s${bound}.`;
}

function shrinking(busy: number, needs: readonly Need[], { keepSeconds }: PoolState): string {
  const needed = needs.at(-1)?.workers ?? 0;
  if (busy > needed) return `${needed} would be enough for ${keepSeconds} s now; ${busy} still have tasks.`;
  return needed === 0
    ? `No work has waited for ${keepSeconds} s.`
    : `No more were needed for ${keepSeconds} s.`;
}

/** What one process remembers between passes; all of it can be lost, and then a pool stays as it is for a while. */
class PoolSizer {
  readonly #options: PoolReconcilerOptions;
  /** By `PROJECT/NAME` of each app with pools, then by component. */
  readonly #needs = new Map<string, Map<string, readonly Need[]>>();
  #timer: Disposable | undefined;

  constructor(options: PoolReconcilerOptions) {
    this.#options = options;
    this.#wakeSoon();
  }

  async keys(signal: AbortSignal): Promise<readonly string[]> {
    const keys: string[] = [];
    for await (const app of listAll(this.#options.resources, { kind: "app" }, { max: maxKeys, signal }))
      if (((app as App).status.pools ?? []).length > 0) keys.push(`${app.project ?? ""}/${app.name}`); // as the kind's schema says
    return keys;
  }

  async observe(key: string, signal: AbortSignal): Promise<PoolObserved> {
    const { resources } = this.#options;
    const [project = "", name = ""] = key.split("/");
    const app = (await resources.get({ kind: "app", project, name })) as App | undefined; // as the kind's schema says
    const states = app?.status.pools ?? [];
    if (app === undefined || states.length === 0) {
      this.#needs.delete(key);
      return { key, pools: [] };
    }
    const selector = [{ on: "field", key: "spec.app", op: "in", values: [name] }] as const;
    const query = { kind: "instance", projects: [project], selector };
    const instances: Instance[] = [];
    for await (const one of listAll(resources, query, { max: maxKeys, signal }))
      instances.push(one as Instance); // as the kind's schema says
    const pools = states.flatMap((state) => {
      const own = instances.filter(
        ({ spec, deletingSince }) =>
          spec.component === state.component && spec.wanted === "running" && deletingSince === undefined,
      );
      const names = own.map((one) => one.name);
      const view = this.#options.view({ project, instances: new Set(names) });
      if (view === undefined) return [];
      return [{ state, view, needs: this.#remember(key, state, view), instances: names }];
    });
    // Nothing is known of the time in which another process led.
    if (pools.length === 0) this.#needs.delete(key);
    return { key, app, pools };
  }

  async act({ app, before, after }: PoolAction, { by, fence }: ActContext): Promise<"again" | void> {
    const { resources, events } = this.#options;
    const pools = (app.status.pools ?? []).map((one) => (one.component === after.component ? after : one));
    if ((await writeStatus(resources, app, { ...app.status, pools }, { by, fence })) === "again")
      return "again";
    await events.emit([
      {
        type: "app.pool-sized",
        severity: "info",
        message: `Pool ${app.name}/${after.component} goes from ${before.wanted} to ${after.wanted}: ${after.reason}`,
        ...(app.project === undefined ? {} : { project: app.project }),
        subject: { kind: "app", project: app.project, name: app.name },
        actor: by.actor,
      },
    ]);
    // Another pool of the app is written on the new revision.
    return "again";
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }

  #remember(key: string, state: PoolState, { work, workers }: PoolView): readonly Need[] {
    const ofApp = this.#needs.get(key) ?? new Map<string, readonly Need[]>();
    this.#needs.set(key, ofApp);
    const need = { atMs: this.#options.clock.now(), workers: neededWorkers(work, workers, state) };
    const needs = remembered(ofApp.get(state.component) ?? [], need, state.keepSeconds);
    ofApp.set(state.component, needs);
    return needs;
  }

  #wakeSoon(): void {
    this.#timer = this.#options.clock.after(poolLimits.everyMs, () => {
      for (const key of this.#needs.keys()) this.#options.wake(key);
      this.#wakeSoon();
    });
  }
}

import { VdcError } from "#api/errors.ts";
import { unreachable } from "#lib/assert.ts";
import { background } from "#lib/background.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import { listAll } from "#control/reconcile/list-all.ts";
import { keyOf } from "#control/reconcile/key-of.ts";
import { maxKeys, type ActContext, type Reconciler } from "#control/reconcile/reconciler.ts";
import { writeStatus } from "#control/reconcile/write-status.ts";
import type { ResourceStore } from "#store/store.ts";
import type { InstanceEngine, InstanceObservation } from "../engine.ts";
import { releaseName } from "../names.ts";
import type { Instance, Package, Release } from "../observed.ts";
import type { PortNumbers, TrafficView } from "../ports.ts";
import { parseProjectKey, projectKey } from "../project-keys.ts";
import { WakeTimers } from "../wake-timers.ts";
import { buildRun, type RunPorts } from "./build-run.ts";
import { planInstance, type InstanceAction, type InstanceObserved } from "./plan.ts";

export interface InstanceReconcilerOptions extends RunPorts {
  readonly resources: ResourceStore;
  /** Name of this machine: instances of others are none of ours. */
  readonly machine: string;
  /** By name. */
  readonly engines: ReadonlyMap<string, InstanceEngine>;
  readonly ports: PortNumbers;
  readonly traffic: TrafficView;
  readonly clock: Clock;
  readonly log: Log;
  /** Asks for a pass of a key. */
  readonly wake: (key: string) => void;
}

/** Instances that one machine looks after. */
const maxInstances = maxKeys;
/** Failed starts that are remembered. */
const maxErrors = 10_000;

export type InstanceReconciler = Reconciler<InstanceObserved, InstanceAction> & Disposable;

/** Keeps what engines hold and what instance resources say the same, on this machine. One key is `PROJECT/NAME`. */
export function createInstanceReconciler(options: InstanceReconcilerOptions): InstanceReconciler {
  const state = new MachineState(options);
  return {
    name: "instance",
    lease: `reconciler/instance/${options.machine}`,
    watches: ["instance"],
    everyMs: 30_000,
    keysOf: (subject) => [projectKey(subject)],
    keys: async (signal) => await state.keys(signal),
    observe: async (key, signal) => await state.observe(key, signal),
    plan: planInstance,
    act: async (action, context) => await state.act(action, context),
    describe: {
      observed: ({ key, instance, held }) =>
        `${key} ${instance === undefined ? "is gone" : `is wanted ${instance.spec.wanted}`}, ${held?.phase ?? "not held"}`,
      action: (action) => action.do,
    },
    [Symbol.dispose]: () => state.timers.clear(),
  };
}

/** What this process remembers between passes; all of it can be lost. */
class MachineState {
  readonly #options: InstanceReconcilerOptions;
  readonly timers: WakeTimers;
  /** Ids that are being stopped. */
  readonly #stopping = new Set<string>();
  /** Why the last start of an id failed. */
  readonly #errors = new Map<string, string>();
  /** Ports that were chosen but are in no status yet, by id. */
  readonly #reserved = new Map<string, number>();

  constructor(options: InstanceReconcilerOptions) {
    this.#options = options;
    this.timers = new WakeTimers(options.clock, options.wake);
  }

  async keys(signal: AbortSignal): Promise<readonly string[]> {
    const keys = new Set<string>();
    const query = { kind: "instance", selector: this.#ours() };
    for await (const found of listAll(this.#options.resources, query, { max: maxInstances, signal }))
      keys.add(projectKey(found));
    for (const held of await this.#held()) keys.add(heldKey(held));
    return [...keys];
  }

  async observe(key: string, signal: AbortSignal): Promise<InstanceObserved> {
    const { resources, machine, traffic } = this.#options;
    const { project, name } = parseProjectKey(key);
    // The store holds what the kind's schema let in.
    const found = (await resources.get({ kind: "instance", project, name })) as Instance | undefined;
    const held = await this.#held();
    const orphans = held.filter((one) => heldKey(one) === key && one.id !== found?.id);
    if (found === undefined || found.spec.machine !== machine) return { key, orphans };
    const own = held.find((one) => one.id === found.id);
    if (own !== undefined) this.#errors.delete(found.id);
    const startError = this.#errors.get(found.id);
    const component = await this.#component(found);
    const isLeaving = found.deletingSince !== undefined && own !== undefined;
    const seen = isLeaving ? (await traffic.instances([found.id], signal)).get(found.id) : undefined;
    return {
      key,
      instance: found,
      orphans,
      ...(own === undefined ? {} : { held: own }),
      ...(component === undefined ? {} : { component }),
      ...(seen === undefined ? {} : { traffic: seen }),
      ...(startError === undefined ? {} : { startError }),
    };
  }

  async act(action: InstanceAction, { by, fence }: ActContext): Promise<"again" | void> {
    const { resources } = this.#options;
    switch (action.do) {
      case "start":
        return await this.#start(action.instance);
      case "stop":
        return this.#stop(action);
      case "forget":
        this.#errors.delete(action.id);
        this.#reserved.delete(action.id);
        for (const engine of this.#options.engines.values()) await engine.remove(action.id);
        return undefined;
      case "write-status":
        return await writeStatus(resources, action.instance, action.status, { by, fence });
      case "finalize":
        try {
          await resources.finalize(keyOf(action.instance), { by, fence });
        } catch (error) {
          if (!(error instanceof VdcError && error.code === "not-found")) throw error; // gone already
        }
        return undefined;
      case "wait":
        this.timers.set(action.key, action.ms);
        return undefined;
      default:
        return unreachable(action);
    }
  }

  /** A start that fails says why in the status; the app decides when another takes its place. */
  async #start(instance: Instance): Promise<"again" | void> {
    const { resources, engines, log } = this.#options;
    if (this.#errors.has(instance.id)) return undefined;
    try {
      const { app, release: number, engine: engineName } = instance.spec;
      const engine = engines.get(engineName);
      if (engine === undefined)
        throw new VdcError("unsupported", `This machine has no engine ${engineName}.`);
      const name = releaseName(app, number);
      // The store holds what the kind's schema let in.
      const release = (await resources.get({ kind: "release", project: instance.project ?? "", name })) as
        | Release
        | undefined;
      if (release === undefined) throw new VdcError("not-found", `Release ${name} is not there.`);
      const component = await this.#component(instance);
      const port = component?.listens === false ? 0 : await this.#port(instance.id);
      const wanted = {
        id: instance.id,
        instance: instance.name,
        component: instance.spec.component,
        release,
        port,
      };
      await engine.start(await buildRun(wanted, this.#options));
      this.#reserved.delete(instance.id);
    } catch (error) {
      if (error instanceof VdcError && transient.has(error.code)) throw error;
      log.warn("instance.start.failed", { instance: instance.name, error });
      const detail =
        error instanceof VdcError ? error.message : "It could not be started; control's log says why.";
      if (this.#errors.size >= maxErrors) this.#errors.clear();
      this.#errors.set(instance.id, detail);
    }
    return "again";
  }

  /** A stop takes as long as the grace of the instance, which no pass can wait for. */
  #stop(action: Extract<InstanceAction, { do: "stop" }>): void {
    if (this.#stopping.has(action.id)) return;
    this.#stopping.add(action.id);
    const stopping = async () => {
      try {
        for (const engine of this.#options.engines.values())
          if ((await engine.observe(action.id)) !== undefined)
            await engine.stop(action.id, { graceMs: action.graceMs });
      } finally {
        this.#stopping.delete(action.id);
        this.#options.wake(action.key);
      }
    };
    background(stopping(), "instance.stop", this.#options.log);
  }

  async #port(id: string): Promise<number> {
    const held = await this.#held();
    const taken = new Set([...held.map(({ port }) => port), ...this.#reserved.values()]);
    const port = await this.#options.ports.free(taken);
    this.#reserved.set(id, port);
    return port;
  }

  async #held(): Promise<readonly InstanceObservation[]> {
    const lists = await Promise.all([...this.#options.engines.values()].map((engine) => engine.list()));
    return lists.flat();
  }

  async #component(instance: Instance) {
    const { resources } = this.#options;
    const project = instance.project ?? "";
    const { app, release: number, component } = instance.spec;
    // The store holds what the kinds' schemas let in.
    const release = (await resources.get({ kind: "release", project, name: releaseName(app, number) })) as
      | Release
      | undefined;
    if (release === undefined) return undefined;
    const key = { kind: "package", project, name: release.spec.package };
    const found = (await resources.get(key)) as Package | undefined; // as above
    return found?.spec.components.find(({ name }) => name === component);
  }

  #ours() {
    return [{ on: "field", key: "spec.machine", op: "in", values: [this.#options.machine] }] as const;
  }
}

/** The next pass may do better: nothing is wrong with the instance. */
const transient: ReadonlySet<string> = new Set(["fenced", "unavailable", "busy", "timeout"]);

function heldKey({ identity }: InstanceObservation): string {
  return projectKey({ project: identity.project, name: identity.instance });
}

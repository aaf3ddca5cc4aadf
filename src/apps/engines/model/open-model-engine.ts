import { VdcError } from "#api/errors.ts";
import type {
  EngineCapabilities,
  InstanceEngine,
  InstanceObservation,
  InstanceRun,
  LogLine,
  LogQuery,
} from "#apps/engine.ts";
import { behaviourOf, linesAtStart } from "#apps/engines/model/behaviour.ts";
import { ModelInstance } from "#apps/engines/model/model-instance.ts";
import { modelSession } from "#apps/engines/model/model-session.ts";
import { restartLimits, type RestartLimits } from "#apps/engines/restart-policy.ts";
import { Wakeups } from "#apps/engines/wakeups.ts";
import type { Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";

/**
 * What outlives an engine: the machine with its instances. Tests open engines on it as often as they like, and make
 * things happen to instances (`exit`, `setHealthy` of `ModelInstance`).
 */
export class ModelMachine {
  readonly instances = new Map<string, ModelInstance>();
  readonly wakeups = new Set<Wakeups>();
  /** Set to make every start fail, as a full machine does. */
  failStarts: string | undefined;
  #lastPid = 1000;

  nextPid(): number {
    this.#lastPid += 1;
    return this.#lastPid;
  }

  /** The instance of this id. Throws when there is none: tests name what they started. */
  instance(id: string): ModelInstance {
    const found = this.instances.get(id);
    if (found === undefined) throw new VdcError("not-found", `there is no instance ${id}`);
    return found;
  }
}

const capabilities: EngineCapabilities = {
  exec: true,
  terminal: true,
  volumes: true,
  limits: { memory: false, cpu: false, processes: false },
  protections: [],
  runtimes: [{ name: "node", version: "26.0.0", path: "/model/node" }],
};

/** An engine in memory that passes the conformance suite; programs are acted out by the clock's timers. */
export function openModelEngine(
  machine: ModelMachine,
  options: { readonly clock: Clock; readonly random: Random; readonly limits?: RestartLimits },
): InstanceEngine {
  const ports = {
    clock: options.clock,
    random: options.random,
    limits: options.limits ?? restartLimits,
    pid: () => machine.nextPid(),
    onChange: (id: string) => machine.wakeups.forEach((each) => each.add(id)),
  };
  const isHeld = (id: string) => machine.instances.get(id)?.isHeld === true;
  return {
    name: "model",
    capabilities,
    canRun: async () => await Promise.resolve({ can: true }),
    start: async (run) => {
      await Promise.resolve();
      if (machine.failStarts !== undefined) throw new VdcError("unavailable", machine.failStarts);
      if (isHeld(run.id)) return;
      const instance = new ModelInstance(run, ports);
      machine.instances.set(run.id, instance);
      instance.start();
    },
    stop: async (id, { graceMs }) => await machine.instances.get(id)?.stop(graceMs),
    restart: async (id) => {
      await Promise.resolve();
      machine.instance(id).restart();
    },
    remove: async (id) => {
      await Promise.resolve();
      if (isHeld(id)) throw new VdcError("in-use", "the instance runs; stop it first");
      if (machine.instances.delete(id)) ports.onChange(id);
    },
    list: async () =>
      await Promise.resolve([...machine.instances.values()].map((instance) => instance.observe())),
    observe: async (id): Promise<InstanceObservation | undefined> =>
      await Promise.resolve(machine.instances.get(id)?.observe()),
    changes: (signal) => {
      const wakeups = new Wakeups();
      machine.wakeups.add(wakeups);
      signal.addEventListener("abort", () => machine.wakeups.delete(wakeups), { once: true });
      return wakeups.ids(signal);
    },
    logs: (id, query, signal) => readLines(machine, id, query, signal),
    exec: async (id, request) => {
      await Promise.resolve();
      if (!machine.instance(id).isRunning) throw new VdcError("conflict", "the instance does not run");
      return modelSession(request);
    },
    runOnce: async (run, command, { onLine, timeoutMs }) =>
      await actOut({ ...run.component, command: [...command] }, run, onLine, timeoutMs, options.clock),
    // It holds nothing: instances are the machine's.
    [Symbol.asyncDispose]: async () => await Promise.resolve(),
  };
}

async function* readLines(
  machine: ModelMachine,
  id: string,
  query: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const instance = machine.instance(id);
  const fresh = new Wakeups();
  const follower = () => fresh.add(id);
  instance.followers.add(follower);
  try {
    const kept = instance.lines.values();
    const old = kept.slice(Math.max(0, kept.length - query.tail));
    yield* old.filter(({ at }) => at >= (query.since ?? 0));
    if (!query.follow) return;
    let last = kept.at(-1);
    for await (const _ of fresh.ids(signal)) {
      const now = instance.lines.values();
      // Lines are told apart by being the same object; when the last one has left the ring, all of it is new.
      yield* now.slice(last === undefined ? 0 : now.lastIndexOf(last) + 1);
      last = now.at(-1);
    }
  } finally {
    instance.followers.delete(follower);
  }
}

async function actOut(
  component: InstanceRun["component"],
  run: InstanceRun,
  onLine: (line: string) => void,
  timeoutMs: number,
  clock: Clock,
): Promise<{ code?: number; timedOut: boolean }> {
  const [program, ...words] = component.command;
  if (program === "echo") onLine(words.join(" "));
  const behaviour = behaviourOf(component);
  for (const line of linesAtStart(behaviour, run)) onLine(line);
  const afterMs = behaviour.exits?.afterMs ?? 0;
  await clock.sleep(Math.min(afterMs, timeoutMs));
  if (afterMs > timeoutMs) return { timedOut: true };
  return { code: behaviour.exits?.code ?? (program === "false" ? 1 : 0), timedOut: false };
}

import { VdcError } from "#api/errors.ts";
import type { EngineCapabilities, InstanceEngine, InstanceObservation, InstanceRun } from "#apps/engine.ts";
import { runAlone } from "#apps/engines/process/run-alone.ts";
import { chooseRuntime, type RuntimeChoice } from "#apps/engines/process/runtime-choice.ts";
import { sandboxSpec } from "#apps/engines/process/sandbox-spec.ts";
import { Shims, type ShimProgram } from "#apps/engines/process/shims.ts";
import { restartLimits, type RestartLimits } from "#apps/engines/restart-policy.ts";
import { Wakeups } from "#apps/engines/wakeups.ts";
import { instanceFolders, type InstanceFolders } from "#drivers/instance-folders/instance-folders.ts";
import { readLines } from "#drivers/line-log/reader.ts";
import { findRuntimes, type Runtime } from "#drivers/runtimes/runtimes.ts";
import { Cgroup } from "#drivers/sandbox/cgroups.ts";
import { sandboxFacts, type SandboxFacts } from "#drivers/sandbox/facts.ts";
import { protectionsOf } from "#drivers/sandbox/protections.ts";
import { openSession } from "#drivers/sandbox/session.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";

export interface ProcessEngineOptions {
  readonly dataDirectory: string;
  readonly shim: ShimProgram;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: RestartLimits;
  /** For tests of machines that have less. */
  readonly facts?: SandboxFacts;
}

/** Opens the engine that runs instances as sandboxed processes of this machine, and finds all that it ever started. */
export async function openProcessEngine(options: ProcessEngineOptions): Promise<InstanceEngine> {
  const facts = options.facts ?? sandboxFacts();
  const engine = new ProcessEngine(options, facts, await findRuntimes());
  await engine.open();
  return engine;
}

class ProcessEngine implements InstanceEngine {
  readonly name = "process";
  readonly capabilities: EngineCapabilities;
  readonly #options: ProcessEngineOptions;
  readonly #facts: SandboxFacts;
  readonly #runtimes: readonly Runtime[];
  readonly #folders: InstanceFolders;
  readonly #shims: Shims;
  readonly #watchers = new Set<Wakeups>();

  constructor(options: ProcessEngineOptions, facts: SandboxFacts, runtimes: readonly Runtime[]) {
    this.#options = options;
    this.#facts = facts;
    this.#runtimes = runtimes;
    this.#folders = instanceFolders(options.dataDirectory);
    this.capabilities = capabilitiesOf(facts, runtimes);
    this.#shims = new Shims({
      folders: this.#folders,
      program: options.shim,
      clock: options.clock,
      log: options.log,
      onChange: (id) => this.#watchers.forEach((watcher) => watcher.add(id)),
    });
  }

  async open(): Promise<void> {
    await this.#shims.open();
  }

  async canRun(component: InstanceRun["component"]): Promise<{ can: true } | { can: false; reason: string }> {
    const { bubblewrap } = this.#facts;
    if (!bubblewrap.usable && component.volumes.length > 0) {
      const reason = `its volumes have a place only in a sandbox; ${bubblewrap.reason}: ${bubblewrap.remedy}`;
      return { can: false, reason };
    }
    const choice = this.#choose(component);
    return await Promise.resolve(choice.can ? { can: true } : { can: false, reason: choice.reason });
  }

  async start(run: InstanceRun): Promise<void> {
    const choice = this.#choose(run.component);
    if (!choice.can) throw new VdcError("unsupported", choice.reason);
    await this.#shims.inTurn(run.id, async () => {
      const link = await this.#shims.link(run.id);
      if (link !== undefined) {
        const { phase } = await link.observe();
        if (phase !== "stopped" && phase !== "failed") return;
        await this.#shims.gone(link);
      }
      const folder = this.#folders.make(run.id);
      await this.#shims.launch(folder, {
        version: 1,
        run,
        facts: this.#facts,
        runtime: choice.place,
        limits: this.#options.limits ?? restartLimits,
        socket: folder.socket,
      });
    });
  }

  async stop(id: string, { graceMs }: { readonly graceMs: number }): Promise<void> {
    // A stop does not wait in line behind a start of this instance that takes its time, but after it.
    await this.#shims.inTurn(id, async () => {
      const link = await this.#shims.link(id);
      if (link === undefined) return this.#shims.forgetWish(id);
      try {
        await link.stop(graceMs);
      } catch (error) {
        if (!(error instanceof VdcError) || error.code !== "unavailable") throw error;
        // The shim went before it could answer: stopped, or killed with its instance.
      }
      await this.#shims.gone(link);
      this.#shims.forgetWish(id);
    });
  }

  async restart(id: string): Promise<void> {
    const link = await this.#shims.link(id);
    const run = this.#shims.run(id);
    if (run === undefined) throw notFound(id);
    if (link === undefined) return await this.start(run.run);
    await link.restart(run.run.component.stopGraceSeconds * 1000 + 15_000);
  }

  async remove(id: string): Promise<void> {
    await this.#shims.inTurn(id, async () => {
      const link = await this.#shims.link(id);
      const observed = link === undefined ? undefined : await link.observe();
      const isOver = observed === undefined || ["stopped", "failed"].includes(observed.phase);
      // A shim that has done its work writes its state down before it goes.
      if (isOver && link !== undefined) await this.#shims.gone(link);
      if (!isOver || this.#shims.state(id)?.wanted === true)
        throw new VdcError("in-use", "the instance runs; stop it first");
      this.#folders.remove(id);
      // A shim that was killed could not take it away itself.
      if (this.#facts.cgroups !== undefined) new Cgroup(this.#facts.cgroups, id).remove();
    });
  }

  async list(): Promise<readonly InstanceObservation[]> {
    const observed = await Promise.all(this.#folders.ids().map(async (id) => await this.observe(id)));
    return observed.filter((each) => each !== undefined);
  }

  async observe(id: string): Promise<InstanceObservation | undefined> {
    const link = await this.#shims.link(id);
    try {
      if (link !== undefined) return await link.observe();
    } catch (error) {
      // It went while it was asked, or is too busy to answer; what it wrote down last is the answer then.
      if (!(error instanceof VdcError)) throw error;
      if (link?.isOpen === true) return this.#shims.state(id)?.observation;
    }
    const state = this.#shims.state(id);
    if (state?.wanted !== true) return state?.observation;
    const { pid: _pid, usage: _usage, readyAt: _ready, ...rest } = state.observation;
    return { ...rest, phase: "restarting", reason: "what held it is gone and is started again" };
  }

  changes(signal: AbortSignal): AsyncIterable<string> {
    const watcher = new Wakeups();
    this.#watchers.add(watcher);
    signal.addEventListener("abort", () => this.#watchers.delete(watcher), { once: true });
    return watcher.ids(signal);
  }

  logs(...[id, query, signal]: Parameters<InstanceEngine["logs"]>): ReturnType<InstanceEngine["logs"]> {
    const held = this.#shims.run(id);
    const { clock } = this.#options;
    const { log } = this.#folders.of(id);
    return (async function* () {
      if (held === undefined) throw notFound(id);
      yield* readLines(log, query, { clock, signal });
    })();
  }

  async exec(...[id, request]: Parameters<InstanceEngine["exec"]>): ReturnType<InstanceEngine["exec"]> {
    const { capabilities } = this;
    if (!capabilities.exec || (request.terminal !== undefined && !capabilities.terminal))
      throw new VdcError("unsupported", "commands beside instances need nsenter, and terminals need script");
    const held = this.#shims.run(id);
    if (held === undefined) throw notFound(id);
    const link = await this.#shims.link(id);
    const { holder, cgroupFolders } = (await link?.place()) ?? { cgroupFolders: [] };
    if (holder === undefined) throw new VdcError("conflict", "the instance does not run");
    const spec = sandboxSpec(held.run, held.runtime);
    const place = { spec, facts: held.facts, holder, cgroupFolders };
    const { terminal } = request;
    const { clock } = this.#options;
    return openSession(place, request.command, { clock, ...(terminal === undefined ? {} : { terminal }) });
  }

  async runOnce(
    ...[run, command, options]: Parameters<InstanceEngine["runOnce"]>
  ): ReturnType<InstanceEngine["runOnce"]> {
    const choice = this.#choose(run.component);
    if (!choice.can) throw new VdcError("unsupported", choice.reason);
    const alone = { ...run, component: { ...run.component, command: [...command] } };
    const spec = sandboxSpec(alone, choice.place);
    return await runAlone(spec, this.#facts, { ...options, clock: this.#options.clock });
  }

  #choose(component: InstanceRun["component"]): RuntimeChoice {
    return chooseRuntime(component, this.#runtimes, this.#facts.bubblewrap.usable);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#shims.close();
    await Promise.resolve();
  }
}

function capabilitiesOf(facts: SandboxFacts, runtimes: readonly Runtime[]): EngineCapabilities {
  const { programs, cgroups, bubblewrap } = facts;
  const exec = !bubblewrap.usable || programs.nsenter !== undefined;
  return {
    exec,
    terminal: exec && programs.script !== undefined && programs.stty !== undefined,
    // Without a sandbox there is no other place for a volume than its own.
    volumes: bubblewrap.usable,
    limits: {
      memory: cgroups?.memory !== undefined,
      cpu: cgroups?.cpu !== undefined,
      processes: cgroups?.pids !== undefined,
    },
    protections: protectionsOf(facts),
    runtimes: runtimes.map(({ name, version, path }) => ({ name, version, path })),
  };
}

function notFound(id: string): VdcError {
  return new VdcError("not-found", `there is no instance ${id} on this machine`);
}

import type { InstanceExit, InstancePhase } from "#api/kinds/instance.ts";
import type { InstanceObservation } from "#apps/engine.ts";
import type { ShimPlace, ShimRun, ShimState } from "#apps/engines/process/protocol.ts";
import { sandboxSpec } from "#apps/engines/process/sandbox-spec.ts";
import { afterExit } from "#apps/engines/restart-policy.ts";
import type { LineLog } from "#drivers/line-log/writer.ts";
import { runBeside } from "#drivers/sandbox/beside.ts";
import type { SandboxFacts } from "#drivers/sandbox/facts.ts";
import { launchSandbox, type Sandbox } from "#drivers/sandbox/launch.ts";
import { protectionsOf } from "#drivers/sandbox/protections.ts";
import { faultOfSpec } from "#drivers/sandbox/spec.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import { check } from "./checks.ts";
import { exitOf, type Asked } from "./exit-reason.ts";
import { watchHealth } from "./health.ts";

export interface HeldPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: LineLog;
  readonly onChange: () => void;
}

/** What is known, beside what the run says. */
interface Known {
  phase: InstancePhase;
  reason?: string;
  startedAt?: number;
  readyAt?: number;
  restarts: number;
  lastExit?: InstanceExit;
  nextStartAt?: number;
}

const drainMs = 2_000;
const heapIsFull = /JavaScript heap out of memory/;
/** Characters; Node writes two screens after it says that its heap is full. */
const errorTail = 16_384;

/**
 * One instance, from its first start to its end for good: runs it, watches its health, starts it again by its policy.
 * Invariant: at most one sandbox at a time.
 */
export class HeldInstance {
  readonly #held: ShimRun<SandboxFacts>;
  readonly #ports: HeldPorts;
  readonly #spec: ReturnType<typeof sandboxSpec>;
  readonly #known: Known;
  readonly #stopped = Promise.withResolvers<void>();
  #quickFailures: number;
  #sandbox: Sandbox | undefined;
  /** The one that ran last: its control group is taken away when all is over. */
  #last: Sandbox | undefined;
  #asked: Asked | undefined;
  #isStopWanted = false;
  #isShuttingDown = false;
  /** Ends a pause before the next start. */
  #hurry = new AbortController();
  /** The end of what it wrote to standard error: its lines may come in pieces. */
  #errors = "";

  constructor(held: ShimRun<SandboxFacts>, before: ShimState | undefined, ports: HeldPorts) {
    this.#held = held;
    this.#ports = ports;
    this.#spec = sandboxSpec(held.run, held.runtime);
    this.#quickFailures = before?.quickFailures ?? 0;
    this.#known = { phase: "pending", restarts: 0, ...takenOver(before, ports.clock) };
  }

  /** Runs until it is stopped or has ended for good. */
  async hold(): Promise<void> {
    // Bounded by the policy, which paces it: `afterExit` says when it is over.
    while (!this.#isStopWanted) {
      const startedAt = this.#ports.clock.monotonic();
      const exit = await this.#runOnce();
      const goesOn = await this.#settle(exit, this.#ports.clock.monotonic() - startedAt);
      if (!goesOn) break;
    }
    await this.#last?.removeGroup(this.#ports.clock);
    if (this.#isStopWanted) this.#become("stopped");
    this.#stopped.resolve();
  }

  get state(): ShimState {
    const isOver = ["stopped", "failed"].includes(this.#known.phase);
    return {
      version: 1,
      wanted: this.#isShuttingDown || !isOver,
      observation: this.observe(),
      quickFailures: this.#quickFailures,
    };
  }

  get place(): ShimPlace {
    const holder = this.#sandbox?.holder;
    return { cgroupFolders: this.#sandbox?.cgroupFolders ?? [], ...(holder === undefined ? {} : { holder }) };
  }

  observe(): InstanceObservation {
    const { id, identity, address, port } = this.#held.run;
    const pid = this.#sandbox?.pid;
    const usage = this.#sandbox?.usage();
    const account = this.#held.facts.isRoot ? this.#spec.account?.uid : undefined;
    return {
      id,
      identity,
      address,
      port,
      ...this.#known,
      protections: protectionsOf(this.#held.facts, this.#spec.limits),
      ...(pid === undefined ? {} : { pid }),
      ...(account === undefined ? {} : { account }),
      ...(usage === undefined ? {} : { usage }),
    };
  }

  async stop(graceMs: number): Promise<void> {
    this.#isStopWanted = true;
    this.#hurry.abort();
    await this.#end({ kind: "stop" }, graceMs);
    await this.#stopped.promise;
  }

  /** The machine goes down: stops, but is wanted again when it is up. */
  async shutDown(): Promise<void> {
    this.#isShuttingDown = true;
    await this.stop(this.#held.run.component.stopGraceSeconds * 1000);
  }

  async restart(): Promise<void> {
    this.#quickFailures = 0;
    this.#hurry.abort();
    await this.#end({ kind: "restart" }, this.#held.run.component.stopGraceSeconds * 1000);
  }

  /** Resolves when this process of it is gone. */
  async #end(asked: Asked, graceMs: number): Promise<void> {
    const sandbox = this.#sandbox;
    if (sandbox === undefined) return;
    this.#asked ??= asked;
    this.#become(
      asked.kind === "stop" ? "stopping" : "restarting",
      asked.kind === "unhealthy" ? asked.why : undefined,
    );
    if (graceMs <= 0) sandbox.kill();
    else sandbox.signal(stopSignal(this.#held.run.component.stopSignal));
    using _mercy = this.#ports.clock.after(graceMs, () => sandbox.kill());
    await sandbox.ended;
  }

  async #runOnce(): Promise<InstanceExit> {
    const { clock, log } = this.#ports;
    const startedAt = clock.now();
    const startedMonotonic = clock.monotonic();
    this.#asked = undefined;
    this.#errors = "";
    Object.assign(this.#known, { startedAt, readyAt: undefined, nextStartAt: undefined });
    const could = await this.#launch();
    if (typeof could === "string")
      return {
        at: isoTime(clock.now()),
        reason: "could-not-start",
        detail: `could not be started: ${could}`,
      };
    this.#sandbox = could;
    this.#last = could;
    if (this.#isStopWanted) could.kill(); // asked for while it was being made
    else this.#become("starting");
    const watched = new AbortController();
    const watching = this.#watch(could, watched.signal);
    const end = await could.ended;
    watched.abort();
    await watching;
    await drained(could);
    log.flush();
    this.#sandbox = undefined;
    delete this.#known.readyAt;
    const { memoryBytes } = this.#spec.limits;
    return exitOf({
      ...end,
      at: isoTime(clock.now()),
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      ...(this.#asked === undefined ? {} : { asked: this.#asked }),
      lastLine: this.#errors.trimEnd().split("\n").at(-1) ?? "",
      ranMs: clock.monotonic() - startedMonotonic,
      heapIsFull: heapIsFull.test(this.#errors),
    });
  }

  /** A sandbox, or why there is none. */
  async #launch(): Promise<Sandbox | string> {
    const fault = faultOfSpec(this.#spec) ?? (await this.#portFault());
    if (fault !== undefined) return fault;
    try {
      const sandbox = await launchSandbox(this.#spec, this.#held.facts);
      sandbox.stdout.on("data", (chunk: Buffer) => this.#ports.log.write("stdout", chunk));
      sandbox.stderr.on("data", (chunk: Buffer) => {
        this.#ports.log.write("stderr", chunk);
        this.#errors = `${this.#errors}${chunk.toString("utf8")}`.slice(-errorTail);
      });
      return sandbox;
    } catch (error) {
      // A program or folder of the machine is missing; the errno names it.
      return error instanceof Error ? error.message : "the machine refused";
    }
  }

  /** Whoever listens there already would be taken for the instance, and get its requests. */
  async #portFault(): Promise<string | undefined> {
    const { address, port } = this.#held.run;
    if (port === 0) return undefined;
    const target = { address, port, run: async () => await Promise.resolve(undefined) };
    const refused = await check({ tcp: {}, timeoutSeconds: 1 }, target, new AbortController().signal);
    return refused === undefined ? `another program listens on ${address}:${port} already` : undefined;
  }

  async #watch(sandbox: Sandbox, signal: AbortSignal): Promise<void> {
    const { component, address, port } = this.#held.run;
    const target = {
      address,
      port,
      run: async (command: readonly string[], within: AbortSignal) =>
        await runBeside(sandbox, command, within),
    };
    await watchHealth({
      component,
      check: async (probe) => await check(probe, target, signal),
      report: {
        ready: () => {
          this.#known.readyAt = this.#ports.clock.now();
          this.#become("ready");
        },
        notReady: (why) => {
          delete this.#known.readyAt;
          this.#become("unhealthy", why);
        },
        dead: (why) => {
          this.#ports.log.note(`ended because ${why}`);
          this.#end({ kind: "unhealthy", why }, component.stopGraceSeconds * 1000).catch((error: unknown) =>
            this.#ports.log.note(`could not be ended: ${String(error)}`),
          );
        },
      },
      clock: this.#ports.clock,
      signal,
    });
  }

  /** What follows an end; false when it is over for good. */
  async #settle(exit: InstanceExit, ranMs: number): Promise<boolean> {
    const { clock, log, random } = this.#ports;
    this.#known.lastExit = exit;
    if (this.#isStopWanted) return false;
    if (this.#asked?.kind === "restart") {
      this.#known.restarts += 1;
      return true;
    }
    const { lastLine } = log;
    const policy = this.#held.run.component.restart;
    const facts = { policy, exit, ranMs, quickFailures: this.#quickFailures };
    const next = afterExit(
      { ...facts, ...(lastLine === undefined ? {} : { lastLine }) },
      this.#held.limits,
      random,
    );
    log.note(next.kind === "stay" ? next.reason : `${next.reason}; starts again in ${next.inMs} ms`);
    if (next.kind === "stay") {
      this.#become(next.phase, next.reason);
      return false;
    }
    this.#quickFailures = next.quickFailures;
    this.#known.nextStartAt = clock.now() + next.inMs;
    this.#become(next.phase, next.reason);
    this.#hurry = new AbortController();
    await clock.sleep(next.inMs, this.#hurry.signal).catch(() => undefined); // a stop or restart does not wait
    delete this.#known.nextStartAt;
    if (!this.#isStopWanted) this.#known.restarts += 1;
    return true;
  }

  #become(phase: InstancePhase, reason?: string): void {
    this.#known.phase = phase;
    if (reason === undefined) delete this.#known.reason;
    else this.#known.reason = reason;
    this.#ports.onChange();
  }
}

/** What the last shim left: when it was killed, its app died with it and is started again now. */
function takenOver(before: ShimState | undefined, clock: Clock): Partial<Known> {
  if (before?.wanted !== true) return {};
  const { restarts, lastExit, startedAt } = before.observation;
  if (startedAt === undefined) return { restarts };
  const lost: InstanceExit = {
    at: isoTime(clock.now()),
    reason: "signalled",
    signal: "SIGKILL",
    detail: "the process that held it was killed, or the machine was restarted",
  };
  return {
    restarts: restarts + 1,
    lastExit: before.observation.pid === undefined ? (lastExit ?? lost) : lost,
  };
}

/** Output that is on its way when the process ends is read to its end, for at most a while: without namespaces, a child may hold the pipe. */
async function drained(sandbox: Sandbox): Promise<void> {
  const ended = [sandbox.stdout, sandbox.stderr].map(
    async (stream) =>
      await new Promise<void>((resolve) => {
        if (stream.readableEnded || stream.destroyed) resolve();
        else stream.once("close", resolve);
      }),
  );
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, drainMs);
  await Promise.race([Promise.all(ended), late]);
  clearTimeout(timer);
  sandbox.stdout.destroy();
  sandbox.stderr.destroy();
}

/** A name that Linux knows; the manifest allows any text. */
function stopSignal(name: string): NodeJS.Signals {
  const full = name.startsWith("SIG") ? name : `SIG${name}`;
  // Checked by the pattern against the signals that a program may be asked to stop with.
  return /^SIG(TERM|INT|QUIT|HUP|USR1|USR2|WINCH|KILL)$/.test(full) ? (full as NodeJS.Signals) : "SIGTERM";
}

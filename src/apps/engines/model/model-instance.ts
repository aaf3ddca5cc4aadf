import type { InstanceExit, InstancePhase } from "#api/kinds/instance.ts";
import type { InstanceObservation, InstanceRun, LogLine } from "#apps/engine.ts";
import { behaviourOf, linesAtStart, type Behaviour } from "#apps/engines/model/behaviour.ts";
import { afterExit, type RestartLimits } from "#apps/engines/restart-policy.ts";
import { Ring } from "#lib/bounded.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";

const keptLines = 10_000;
/** What serves nothing is ready when it has run this long. */
const readyWithoutPortMs = 1_000;

export interface ModelPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: RestartLimits;
  readonly pid: () => number;
  readonly onChange: (id: string) => void;
}

/** One instance of the model: a program that is acted out by timers. Invariant: timers exist only while it is held. */
export class ModelInstance {
  readonly run: InstanceRun;
  readonly lines = new Ring<LogLine>(keptLines);
  readonly followers = new Set<() => void>();
  readonly #ports: ModelPorts;
  readonly #timers = new Set<Disposable>();
  #behaviour: Behaviour;
  #phase: InstancePhase = "pending";
  #reason: string | undefined;
  #pid: number | undefined;
  #startedAt: number | undefined;
  #readyAt: number | undefined;
  #nextStartAt: number | undefined;
  #lastExit: InstanceExit | undefined;
  #restarts = 0;
  #quickFailures = 0;
  #stopping: PromiseWithResolvers<void> | undefined;

  constructor(run: InstanceRun, ports: ModelPorts) {
    this.run = run;
    this.#ports = ports;
    this.#behaviour = behaviourOf(run.component);
  }

  get isRunning(): boolean {
    return this.#pid !== undefined;
  }

  /** Whether it runs or will run again by itself. */
  get isHeld(): boolean {
    return this.isRunning || this.#nextStartAt !== undefined;
  }

  start(): void {
    const { clock, pid } = this.#ports;
    this.#clearTimers();
    this.#nextStartAt = undefined;
    this.#pid = pid();
    this.#startedAt = clock.now();
    this.#readyAt = undefined;
    this.#become("starting");
    for (const text of linesAtStart(this.#behaviour, this.run)) this.#write("stdout", text);
    const { neverReady, exits, printsEveryMs } = this.#behaviour;
    const readyAfterMs =
      this.#behaviour.readyAfterMs ?? (this.run.component.listens ? 0 : readyWithoutPortMs);
    if (neverReady !== true) this.#after(readyAfterMs, () => this.setHealthy(true));
    if (exits !== undefined) this.#after(exits.afterMs, () => this.exit({ code: exits.code }));
    if (printsEveryMs !== undefined) this.#printOn(printsEveryMs, 1);
  }

  /** For tests: its health checks pass or fail from now on. */
  setHealthy(isHealthy: boolean): void {
    if (!this.isRunning || this.#stopping !== undefined) return;
    this.#readyAt = isHealthy ? this.#ports.clock.now() : undefined;
    this.#become(isHealthy ? "ready" : "unhealthy", isHealthy ? undefined : "its readiness check fails");
  }

  /** For tests: its process ends by itself. */
  exit(end: {
    readonly code?: number;
    readonly signal?: string;
    readonly reason?: InstanceExit["reason"];
  }): void {
    if (!this.isRunning) return;
    const exit: InstanceExit = {
      at: isoTime(this.#ports.clock.now()),
      reason: end.reason ?? (end.signal === undefined ? "exited" : "signalled"),
      ...(end.code === undefined ? {} : { code: end.code }),
      ...(end.signal === undefined ? {} : { signal: end.signal }),
    };
    const ranMs = this.#ports.clock.now() - (this.#startedAt ?? 0);
    this.#ended(exit);
    const lastLine = this.lines.last?.text;
    const facts = {
      policy: this.run.component.restart,
      exit,
      ranMs,
      quickFailures: this.#quickFailures,
      ...(lastLine === undefined ? {} : { lastLine }),
    };
    const next = afterExit(facts, this.#ports.limits, this.#ports.random);
    if (next.kind === "stay") return this.#become(next.phase, next.reason);
    this.#quickFailures = next.quickFailures;
    this.#nextStartAt = this.#ports.clock.now() + next.inMs;
    this.#become(next.phase, next.reason);
    this.#after(next.inMs, () => this.#startAgain());
  }

  restart(): void {
    if (this.isRunning) this.#ended({ at: isoTime(this.#ports.clock.now()), reason: "stopped" });
    this.#startAgain();
  }

  async stop(graceMs: number): Promise<void> {
    if (this.#stopping !== undefined) return await this.#stopping.promise;
    if (!this.isRunning) {
      this.#clearTimers();
      this.#nextStartAt = undefined;
      return this.#become("stopped");
    }
    this.#stopping = Promise.withResolvers();
    const { promise } = this.#stopping;
    this.#become("stopping");
    const ignores = this.#behaviour.ignoresStopSignal === true;
    this.#after(ignores ? graceMs : 0, () => {
      this.#ended({
        at: isoTime(this.#ports.clock.now()),
        reason: "stopped",
        signal: ignores ? "SIGKILL" : this.run.component.stopSignal,
      });
      this.#become("stopped");
      this.#stopping?.resolve();
      this.#stopping = undefined;
    });
    return await promise;
  }

  observe(): InstanceObservation {
    const { id, identity, address, port } = this.run;
    return {
      id,
      identity,
      address,
      port,
      phase: this.#phase,
      restarts: this.#restarts,
      protections: [],
      ...(this.#reason === undefined ? {} : { reason: this.#reason }),
      ...(this.#pid === undefined ? {} : { pid: this.#pid }),
      ...(this.#startedAt === undefined ? {} : { startedAt: this.#startedAt }),
      ...(this.#readyAt === undefined ? {} : { readyAt: this.#readyAt }),
      ...(this.#lastExit === undefined ? {} : { lastExit: this.#lastExit }),
      ...(this.#nextStartAt === undefined ? {} : { nextStartAt: this.#nextStartAt }),
      ...(this.isRunning ? { usage: { cpuSeconds: 0, memoryBytes: 0, processes: 1 } } : {}),
    };
  }

  #startAgain(): void {
    this.#restarts += 1;
    this.#behaviour = behaviourOf(this.run.component);
    this.start();
  }

  #ended(exit: InstanceExit): void {
    this.#clearTimers();
    this.#lastExit = exit;
    this.#pid = undefined;
    this.#readyAt = undefined;
  }

  #become(phase: InstancePhase, reason?: string): void {
    this.#phase = phase;
    this.#reason = reason;
    this.#ports.onChange(this.run.id);
  }

  #printOn(everyMs: number, number: number): void {
    this.#after(everyMs, () => {
      this.#write("stdout", `line ${number}`);
      this.#printOn(everyMs, number + 1);
    });
  }

  #write(stream: LogLine["stream"], text: string): void {
    this.lines.push({ at: this.#ports.clock.now(), stream, text });
    for (const follower of this.followers) follower();
  }

  #after(ms: number, run: () => void): void {
    const timer = this.#ports.clock.after(ms, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
  }

  #clearTimers(): void {
    for (const timer of this.#timers) timer[Symbol.dispose]();
    this.#timers.clear();
  }
}

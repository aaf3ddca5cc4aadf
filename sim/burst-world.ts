import { createHash } from "node:crypto";
import type { JobGraph } from "#burst/graph.ts";
import { compileGraph } from "#burst/run/compiled-graph.ts";
import type { Grant } from "#burst/run/grants.ts";
import type { JobOptions, JobState, OutputRef } from "#burst/run/job-state.ts";
import { Run } from "#burst/run/run.ts";
import type { RunEvents } from "#burst/run/run-events.ts";
import type { Trust, WorkerOptions, WorkerState } from "#burst/run/worker-state.ts";

/** How a simulated worker is. Probabilities are for each task. */
export interface Behaviour {
  readonly trust: Trust;
  readonly slots: number;
  readonly speed: number;
  readonly lies: boolean;
  readonly dies: number;
  readonly hangs: number;
  readonly repeats: number;
  readonly isLate: number;
  readonly returns: number;
}

/** What a worker says of itself when it connects. */
export function workerFacts(
  name: string,
  { trust, slots, speed }: Pick<Behaviour, "trust" | "slots" | "speed">,
): WorkerOptions {
  const memoryBytes = 2 ** 30;
  return { key: name, name, kind: "agent", trust, slots, memoryBytes, speed, levels: ["wasm"], holds: [] };
}

export const honest: Behaviour = {
  trust: "own",
  slots: 2,
  speed: 1,
  lies: false,
  dies: 0,
  hangs: 0,
  repeats: 0,
  isLate: 0,
  returns: 0,
};

interface SimulatedWorker {
  readonly behaviour: Behaviour;
  readonly name: string;
  state: WorkerState;
  readonly line: Grant[];
  busy: number;
  hung: boolean;
}

export const sha = (text: string): string => createHash("sha256").update(text).digest("hex");

/** What a task truly gives. */
export function truth(job: JobState, task: number, inputs: readonly OutputRef[]): readonly OutputRef[] {
  const spec = job.graph.specs[task];
  const of = `${spec?.fn}(${spec?.args.join()})(${inputs.map(({ blob }) => blob).join()})`;
  return Array.from({ length: spec?.outputs ?? 0 }, (_, index) => ({
    blob: sha(`${of}#${index}`),
    bytes: 100,
  }));
}

/** What every task of a graph truly gives, in order. */
export function trueHashes(graph: JobGraph): readonly (readonly string[])[] {
  const made: (readonly string[])[] = [];
  for (const spec of graph.tasks) {
    const inputs = spec.inputs.map((input) =>
      "blob" in input ? input.blob : made[input.task]?.[input.output],
    );
    const of = `${spec.fn}(${spec.args.join()})(${inputs.join()})`;
    made.push(Array.from({ length: spec.outputs }, (_, index) => sha(`${of}#${index}`)));
  }
  return made;
}

/** A run with workers that work in simulated time, well or badly. One seed is one history. */
export class BurstWorld implements RunEvents {
  readonly run: Run;
  readonly outcomes = new Map<string, string | undefined>();
  readonly charges = new Map<string, bigint>();
  readonly pausedJobs: JobState[] = [];
  now = 0;
  transitions = 0;
  readonly #fraction: () => number;
  readonly #timers: { readonly at: number; readonly order: number; readonly run: () => void }[] = [];
  readonly #workers: SimulatedWorker[] = [];
  readonly #paid = new Set<string>();
  #order = 0;

  constructor(
    fraction: () => number,
    checks: { readonly spotCheck?: number; readonly endWaitMs?: number } = {},
  ) {
    this.#fraction = fraction;
    this.run = new Run({ epoch: 1, events: this, fraction, ...checks });
  }

  addWorker(behaviour: Behaviour, name = `w${this.#workers.length}`): void {
    const state = this.#join(behaviour, name);
    if (state === undefined) return;
    const worker = { behaviour, name, state, line: [], busy: 0, hung: false };
    this.#workers.push(worker);
    this.#ask(worker);
  }

  addJob(id: string, graph: JobGraph, options: Partial<JobOptions> = {}, cores = 1000): JobState {
    const job = this.run.prepareJob(
      {
        id,
        project: "shop",
        graph: compileGraph(graph),
        mode: "burst",
        priority: 0,
        level: "wasm",
        volunteers: true,
        bound: 10n ** 15n,
        price: () => 1n,
        memo: () => false,
        ...options,
      },
      [],
      this.now,
    );
    this.run.beginJob(job, cores, this.now);
    return job;
  }

  /** Moves time on until all jobs have ended, or so many simulated milliseconds have passed. */
  runUntilEnd(limitMs: number): void {
    let nextTick = this.now;
    while (this.run.jobs.size > this.outcomes.size && this.now < limitMs) {
      if (this.now >= nextTick) {
        this.run.tick(this.now);
        nextTick = this.now + 100;
      }
      const next = this.#timers.at(-1);
      if (next === undefined || next.at > nextTick) this.now = nextTick;
      else {
        this.#timers.pop();
        this.now = Math.max(this.now, next.at);
        next.run();
      }
    }
  }

  granted(state: WorkerState, grants: readonly Grant[]): void {
    const worker = this.#workers.find((one) => one.state === state);
    if (worker === undefined) return;
    worker.line.push(...grants);
    this.transitions += grants.length;
    this.#after(0, () => this.#work(worker));
  }

  revoked(state: WorkerState, leases: readonly { readonly number: number }[]): void {
    const worker = this.#workers.find((one) => one.state === state);
    const gone = new Set(leases.map(({ number }) => number.toString(36)));
    if (worker === undefined) return;
    for (let at = worker.line.length - 1; at >= 0; at -= 1)
      if (gone.has(worker.line[at]?.lease.split(":")[1] ?? "")) worker.line.splice(at, 1);
  }

  accepted(job: JobState, task: number, charge: bigint): void {
    this.transitions += 1;
    const id = `${job.options.id}/${task}`;
    if (charge > 0n && this.#paid.has(id)) throw new Error(`task ${id} was charged twice`);
    if (charge > 0n) this.#paid.add(id);
    this.charges.set(job.options.id, (this.charges.get(job.options.id) ?? 0n) + charge);
    if (job.charged + job.committed > job.bound) throw new Error("the bound was passed");
  }

  reopened(): void {
    this.transitions += 1;
  }

  ended(job: JobState, failure: string | undefined): void {
    this.outcomes.set(job.options.id, failure);
  }

  paused(job: JobState): void {
    this.pausedJobs.push(job);
    this.outcomes.set(job.options.id, "paused");
  }

  quarantined(): void {}
  dropped(): void {}
  stalled(): void {}

  #join(behaviour: Behaviour, name: string): WorkerState | undefined {
    const joined = this.run.join(workerFacts(name, behaviour), this.now);
    return typeof joined === "string" ? undefined : joined;
  }

  #ask(worker: SimulatedWorker): void {
    if (worker.hung || !worker.state.connected) return;
    this.run.want(worker.state, 512);
    this.run.pump(this.now);
    this.#after(1000, () => {
      if (!worker.hung && worker.state.connected) this.run.heartbeat(worker.state, [], "nominal", this.now);
      this.#ask(worker);
    });
  }

  #work(worker: SimulatedWorker): void {
    while (worker.busy < worker.behaviour.slots && !worker.hung) {
      const grant = worker.line.shift();
      if (grant === undefined) return;
      const { behaviour } = worker;
      if (this.#fraction() < behaviour.dies) {
        this.#die(worker);
        return;
      }
      if (this.#fraction() < behaviour.hangs) {
        worker.hung = true;
        return;
      }
      if (this.#fraction() < behaviour.returns) {
        this.run.giveBack(worker.state, [grant.lease], this.now);
        continue;
      }
      worker.busy += 1;
      const ms = (grant.job.graph.specs[grant.task]?.cost ?? 0) / behaviour.speed;
      this.#after(this.#fraction() < behaviour.isLate ? ms + 90_000 : ms, () =>
        this.#finish(worker, grant, ms),
      );
    }
  }

  #finish(worker: SimulatedWorker, grant: Grant, elapsedMs: number): void {
    worker.busy -= 1;
    const { behaviour, state } = worker;
    const right = truth(grant.job, grant.task, grant.inputs);
    const outputs = behaviour.lies
      ? right.map(({ blob, bytes }) => ({ blob: sha(`${worker.name} lies about ${blob}`), bytes }))
      : right;
    const result = { lease: grant.lease, outcome: "done" as const, outputs, elapsedMs };
    if (state.connected && !worker.hung) {
      const times = this.#fraction() < behaviour.repeats ? 3 : 1;
      for (let time = 0; time < times; time += 1) this.run.results(state, [result], this.now);
      this.run.want(state, 512);
      this.run.pump(this.now);
    }
    this.#work(worker);
  }

  /** Goes away, and comes again as the same one, a little later. */
  #die(worker: SimulatedWorker): void {
    this.run.leave(worker.state, this.now);
    worker.line.length = 0;
    this.#after(500, () =>
      this.addWorker({ ...worker.behaviour, dies: worker.behaviour.dies / 2 }, worker.name),
    );
  }

  #after(ms: number, run: () => void): void {
    this.#order += 1;
    const timer = { at: this.now + ms, order: this.#order, run };
    let at = this.#timers.length;
    while (at > 0 && (this.#timers[at - 1]?.at ?? 0) <= timer.at) at -= 1;
    this.#timers.splice(at, 0, timer);
  }
}

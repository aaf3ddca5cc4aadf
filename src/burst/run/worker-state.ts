import type { JobState } from "./job-state.ts";
import type { LeaseRecord } from "./lease-record.ts";
import { runLimits } from "./limits.ts";

export type Trust = "own" | "pool" | "volunteer";
export type Pressure = "nominal" | "fair" | "serious" | "critical";

export interface WorkerOptions {
  /** Who it is over several connections: a quarantine is of this. */
  readonly key: string;
  readonly name: string;
  readonly kind: "threads" | "agent" | "browser";
  readonly trust: Trust;
  /** Only jobs of this project; `own` workers have one. */
  readonly project?: string | undefined;
  /** Only this job. */
  readonly job?: string | undefined;
  readonly slots: number;
  readonly memoryBytes: number;
  /** Reference cores of one slot. */
  readonly speed: number;
  readonly levels: readonly ("wasm" | "js" | "native")[];
  readonly holds: readonly string[];
}

/** A worker that is connected, or was: what it made must be known for as long as it may turn out to be wrong. */
export class WorkerState {
  readonly id: number;
  readonly options: WorkerOptions;
  readonly connectedMs: number;
  readonly leases = new Map<number, LeaseRecord>();
  /** Accepted, and confirmed by nobody since the last check. */
  unchecked: { readonly job: JobState; readonly task: number }[] = [];
  /** Right results in a row, as checks and quorums showed. */
  valid = 0;
  connected = true;
  draining = false;
  quarantine: string | undefined;
  wants = 0;
  heldMs = 0;
  heardMs: number;
  /** When it last had tasks or wanted some: told ten times a second. */
  soughtMs: number;
  restUntilMs = 0;
  faults = 0;
  done = 0;
  pressure: Pressure = "nominal";
  /** Measured: milliseconds here for a millisecond of stated cost. */
  msPerCost: number;
  /** Blobs that it holds, in two generations, so that forgetting the oldest costs nothing. */
  #young = new Set<string>();
  #old: Set<string>;

  constructor(id: number, options: WorkerOptions, nowMs: number) {
    this.id = id;
    this.options = options;
    this.connectedMs = nowMs;
    this.heardMs = nowMs;
    this.soughtMs = nowMs;
    this.msPerCost = 1 / options.speed;
    this.#old = new Set(options.holds.slice(-runLimits.maxHolds));
  }

  /** Whether it may have tasks of the job at all. */
  mayHave({ options, ended }: JobState): boolean {
    const { project, job, trust, levels } = this.options;
    if (!this.connected || this.quarantine !== undefined || ended) return false;
    if (project !== undefined && project !== options.project) return false;
    if (job !== undefined && job !== options.id) return false;
    return (trust !== "volunteer" || options.volunteers) && levels.includes(options.level);
  }

  /** Whether it would take a task of this cost now. */
  hasRoom(nowMs: number): boolean {
    const { slots } = this.options;
    if (this.wants <= 0 || this.draining || !this.connected || this.quarantine !== undefined) return false;
    if (this.restUntilMs > nowMs) return false;
    return (
      this.leases.size < Math.ceil(slots * runLimits.heldFactor) || this.heldMs < slots * runLimits.bundleMs
    );
  }

  /** Whether it is worth waiting for: it works, or asks, or did so a moment ago. A page in the background and a machine that sleeps do not. */
  takesSoon(nowMs: number): boolean {
    if (this.draining || this.isSilent(nowMs)) return false;
    return this.wants > 0 || this.leases.size > 0 || nowMs - this.soughtMs < runLimits.asksAgainMs;
  }

  isSilent(nowMs: number): boolean {
    return nowMs - this.heardMs > runLimits.heartbeatMs * runLimits.missedHeartbeats;
  }

  /** Milliseconds that a task of this cost is expected to take here. */
  expected(cost: number): number {
    return Math.max(cost * this.msPerCost, runLimits.minTaskMs);
  }

  measured(elapsedMs: number, cost: number): void {
    if (cost < 1) return;
    this.msPerCost += (elapsedMs / cost - this.msPerCost) * 0.2;
  }

  get holdsAny(): boolean {
    return this.#young.size > 0 || this.#old.size > 0;
  }

  has(blob: string): boolean {
    return this.#young.has(blob) || this.#old.has(blob);
  }

  hold(blob: string): void {
    this.#young.add(blob);
    if (this.#young.size < runLimits.maxHolds / 2) return;
    this.#old = this.#young;
    this.#young = new Set();
  }

  /** A fault of its own, not of a task: it rests when they come in a row. */
  fault(nowMs: number): void {
    this.faults += 1;
    const over = this.faults - runLimits.workerFaults;
    if (over >= 0)
      this.restUntilMs = nowMs + Math.min(runLimits.restMs * 2 ** Math.min(over, 10), runLimits.maxRestMs);
  }
}

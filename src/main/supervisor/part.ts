import type { ProcessIdentity } from "#drivers/process/identity.ts";
import type { RunningProcess, SpawnSpec } from "#drivers/process/running.ts";

/** What a part says when it is ready; both go on its line. */
export interface PartReport {
  /** Instead of `ready`. */
  readonly label?: "built" | "failed";
  readonly note?: string;
}

/** A process that the supervisor keeps running. */
export interface ProcessPart {
  readonly kind: "process";
  readonly name: string;
  /** Names of the parts that must be ready first, and are stopped later. */
  readonly dependsOn: readonly string[];
  /** Brings about what the process needs, before each start; idempotent. */
  prepare?(): Promise<void>;
  /** A process of this part that a killed supervisor left running and that can be kept. */
  adopt?(): ProcessIdentity | undefined;
  launch(): SpawnSpec;
  /** Settles when the process serves; throws `PartFailure` when it says that it cannot. Stops waiting on `signal`. */
  ready(process: RunningProcess, signal: AbortSignal): Promise<PartReport>;
  /**
   * Starts a successor that takes over without a gap, instead of an end and a start; settles when it serves. The old process ends by
   * itself, later. Throws with the old one still serving.
   */
  replace?(process: RunningProcess, signal: AbortSignal): Promise<ProcessIdentity>;
  /** Ends whatever else of this part still runs, such as predecessors that drain; after `stop`. Bounded in time. */
  sweep?(): Promise<void>;
  /** Time for one start. */
  readonly readyWithinMs: number;
  /** How soon it is started again after it ended, and after how long of being ready its failures are forgotten; the runner's own times when absent. */
  readonly restarts?: {
    readonly retry: { readonly baseMs: number; readonly maxMs: number };
    readonly stableAfterMs: number;
  };
  /** Signals to end it with, in order, and how long each is given. SIGKILL follows the last. */
  readonly stop: readonly { readonly signal: NodeJS.Signals; readonly withinMs: number }[];
}

/** Something to do once at every start, such as building the console. */
export interface Step {
  readonly kind: "step";
  readonly name: string;
  readonly dependsOn: readonly string[];
  /** Undefined when there was nothing to do: no line is shown then. */
  run(signal: AbortSignal): Promise<PartReport | undefined>;
}

export type Part = ProcessPart | Step;

/** A part cannot start, and says why. */
export class PartFailure extends Error {
  override readonly name = "PartFailure";
  readonly remedy: string | undefined;
  /** Trying again does not help; a first start gives up at once. */
  readonly permanent: boolean;

  constructor(
    message: string,
    options: { readonly remedy?: string; readonly permanent: boolean; readonly cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.remedy = options.remedy;
    this.permanent = options.permanent;
  }
}

/** The states that the API shows of a part (src/api/system.ts). */
export type PartState = "starting" | "ready" | "restarting" | "failed" | "stopped";

export interface PartStatus {
  readonly name: string;
  readonly state: PartState;
  readonly pid?: number;
  /** When it entered this state, ISO 8601. */
  readonly since: string;
  readonly restarts: number;
  readonly note?: string;
  readonly residentBytes?: number;
}

/** What happens to parts, for the terminal. */
export type PartEvent =
  | {
      readonly type: "ready";
      readonly part: string;
      readonly elapsedMs: number;
      readonly report: PartReport;
      readonly again: boolean;
    }
  | {
      readonly type: "down";
      readonly part: string;
      readonly reason: string;
      readonly remedy?: string;
      readonly failures: number;
      readonly retryInMs?: number;
      /** The end of its log, when it keeps failing. */
      readonly tail: readonly string[];
    }
  | { readonly type: "stopped"; readonly part: string; readonly elapsedMs: number; readonly forced: boolean };

import type { Effect, Signal } from "#api/incidents.ts";
import type { Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";

/** How often the canary is sent round. */
export const probeEveryMs = 2_000;
/** A round that takes longer is told as latency; one that takes `probeWithinMs` has failed. */
export const slowRoundMs = 2_000;
export const probeWithinMs = 8_000;
/** After our own start the others may still be starting: a canary that never came round is told after this. */
export const firstRoundWithinMs = 30_000;
const canaryBytes = 4_096;

/** S3 as a client outside of the process meets it. Rejects when a call fails. */
export interface ProbeTarget {
  put(key: string, body: Uint8Array, signal: AbortSignal): Promise<void>;
  get(key: string, signal: AbortSignal): Promise<Uint8Array>;
  list(prefix: string, signal: AbortSignal): Promise<readonly string[]>;
  remove(key: string, signal: AbortSignal): Promise<void>;
}

export interface ProberOptions {
  readonly target: ProbeTarget;
  readonly clock: Clock;
  readonly random: Random;
  /** For the log. */
  readonly onFailure?: (step: string, error: unknown) => void;
}

/** Sends a canary object round: put, get and compare every byte, find it in a list, delete it and see that it is gone. */
export class Prober {
  readonly #options: ProberOptions;
  #failing:
    | { readonly since: number; readonly step: string; readonly effect: Effect; readonly rounds: number }
    | undefined;
  #slowSince: number | undefined;
  #hasSucceeded = false;

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /** Never rejects: a failure is what it is for. */
  async round(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const begun = clock.monotonic();
    const at = clock.now();
    const failure = await this.#steps(AbortSignal.any([signal, AbortSignal.timeout(probeWithinMs)]));
    if (signal.aborted) return;
    this.#hasSucceeded ||= failure === undefined;
    const tookMs = clock.monotonic() - begun;
    this.#slowSince = tookMs > slowRoundMs ? (this.#slowSince ?? at) : undefined;
    this.#failing =
      failure === undefined
        ? undefined
        : { since: this.#failing?.since ?? at, ...failure, rounds: (this.#failing?.rounds ?? 0) + 1 };
  }

  signals(): readonly Signal[] {
    const common = {
      component: "objects" as const,
      cause: "probe" as const,
      affected: { everyone: true, projects: [] },
    };
    if (this.#failing !== undefined) {
      const { since, step, effect, rounds } = this.#failing;
      if (!this.#hasSucceeded && this.#options.clock.now() - since < firstRoundWithinMs) return [];
      // One failure may be ours; two in a row are everybody's.
      const impact = rounds > 1 ? "major" : "minor";
      return [
        {
          ...common,
          id: `probe/${step}`,
          effects: [effect],
          impact,
          since,
          detail: `the canary failed at: ${step}`,
        },
      ];
    }
    if (this.#slowSince === undefined) return [];
    return [
      {
        ...common,
        id: "probe/slow",
        effects: ["latency"],
        impact: "minor",
        since: this.#slowSince,
        detail: `a canary's round takes more than ${slowRoundMs} ms`,
      },
    ];
  }

  async #steps(signal: AbortSignal): Promise<{ readonly step: string; readonly effect: Effect } | undefined> {
    const { target, random } = this.#options;
    const body = random.bytes(canaryBytes);
    const key = `canary/${Buffer.from(random.bytes(8)).toString("hex")}`;
    let step = "put";
    let effect: Effect = "writes";
    try {
      await target.put(key, body, signal);
      [step, effect] = ["get", "reads"];
      const back = await target.get(key, signal);
      if (Buffer.compare(back, body) !== 0) return { step: "compare", effect: "reads" };
      step = "list";
      if (!(await target.list(key, signal)).includes(key)) return { step: "list", effect: "reads" };
      [step, effect] = ["delete", "writes"];
      await target.remove(key, signal);
      step = "list after delete";
      if ((await target.list(key, signal)).includes(key)) return { step, effect: "reads" };
      return undefined;
    } catch (error) {
      this.#options.onFailure?.(step, error);
      return { step, effect };
    }
  }
}

import {
  calm,
  nextPressure,
  othersPressure,
  pressureOf,
  type PressureState,
} from "#burst/choice/pressure.ts";
import { TilePace } from "./tile-pace.ts";

/** W3C Compute Pressure, as far as it is used here; TypeScript's library does not have it yet. */
interface PressureObserverLike {
  observe(source: "cpu", options: { readonly sampleInterval: number }): Promise<void>;
  disconnect(): void;
}
type PressureObserverClass = new (
  tell: (records: readonly { readonly state: PressureState }[]) => void,
) => PressureObserverLike;

const everyMs = 2_000;

/**
 * How busy this machine is with other things: by the browser's Compute Pressure API where there is one, else by how late timers come and how fast tiles get done. Tells each
 * sample, and whether the machine is under pressure for more than a moment.
 */
export class MachinePressure implements Disposable {
  readonly #tell: (state: PressureState, isPressed: boolean) => void;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #pace = new TilePace();
  #observer: PressureObserverLike | undefined;
  /** By the API, which tells changes only. */
  #told: PressureState | undefined;
  #view = calm;
  #dueMs = performance.now() + everyMs;

  constructor(tell: (state: PressureState, isPressed: boolean) => void) {
    this.#tell = tell;
    this.#timer = setInterval(() => this.#look(), everyMs);
    // A browser without it, and one whose user forbids it, leave the timer.
    const { PressureObserver } = globalThis as { readonly PressureObserver?: PressureObserverClass };
    if (PressureObserver === undefined) return;
    this.#observer = new PressureObserver((records) => {
      this.#told = records.at(-1)?.state ?? this.#told;
    });
    this.#observer.observe("cpu", { sampleInterval: everyMs / 2 }).catch(() => undefined);
  }

  /** A task of so many reference milliseconds took so long here. */
  done(fn: string, cost: number, elapsedMs: number): void {
    this.#pace.done({ fn, cost, elapsedMs });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#observer?.disconnect();
  }

  #look(): void {
    const atMs = performance.now();
    const lagMs = Math.max(0, atMs - this.#dueMs);
    this.#dueMs = atMs + everyMs;
    const own = { ...this.#pace.look(atMs), lagMs };
    // Timers of a hidden page are late by rule, and the API tells it nothing: neither says anything of the machine.
    if (document.hidden) return;
    const state = this.#told === undefined ? pressureOf(own) : othersPressure(this.#told, own);
    this.#view = nextPressure(this.#view, { atMs, state });
    this.#tell(state, this.#view.isPressed);
  }
}

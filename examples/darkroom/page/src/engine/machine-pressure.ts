import { calm, nextPressure, pressureOf, type PressureState } from "#burst/choice/pressure.ts";

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
  #observer: PressureObserverLike | undefined;
  #view = calm;
  #dueMs = performance.now() + everyMs;
  #best = 0;
  #cost = 0;
  #busyMs = 0;

  constructor(tell: (state: PressureState, isPressed: boolean) => void) {
    this.#tell = tell;
    this.#timer = setInterval(() => this.#look(), everyMs);
    // A browser without it, and one whose user forbids it, leave the timer.
    const { PressureObserver } = globalThis as { readonly PressureObserver?: PressureObserverClass };
    if (PressureObserver === undefined) return;
    const observer = new PressureObserver((records) => {
      const last = records.at(-1);
      if (last !== undefined) this.#take(last.state);
    });
    observer.observe("cpu", { sampleInterval: everyMs }).then(
      () => {
        this.#observer = observer;
        return undefined;
      },
      () => undefined,
    );
  }

  get isPressed(): boolean {
    return this.#view.isPressed;
  }

  /** A task of so many reference milliseconds took so long here. */
  done(cost: number, ms: number): void {
    this.#cost += cost;
    this.#busyMs += ms;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#observer?.disconnect();
  }

  #look(): void {
    const lagMs = Math.max(0, performance.now() - this.#dueMs);
    this.#dueMs = performance.now() + everyMs;
    const now = this.#busyMs > 0 ? this.#cost / this.#busyMs : this.#best;
    this.#best = Math.max(this.#best, now);
    this.#cost = 0;
    this.#busyMs = 0;
    // A hidden page's timers are late by rule, which says nothing of the machine.
    if (this.#observer === undefined && !document.hidden)
      this.#take(pressureOf({ now, best: this.#best, lagMs }));
  }

  #take(state: PressureState): void {
    this.#view = nextPressure(this.#view, { atMs: performance.now(), state });
    this.#tell(state, this.#view.isPressed);
  }
}

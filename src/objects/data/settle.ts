import type { Clock } from "#lib/clock.ts";

export type Outcome<T> =
  | { readonly state: "done"; readonly value: T }
  | { readonly state: "failed"; readonly error: unknown }
  /** Still under way when it was no longer waited for. */
  | { readonly state: "late" };

export interface Patience {
  /** How many must be done; whoever is late after that is waited for a little. */
  readonly enough: number;
  /** How many make it worthwhile to stop waiting for `enough` after `longMs`. */
  readonly useful: number;
  /** Laggards are waited for this many times as long as `enough` took… */
  readonly factor: number;
  /** …but at least and at most so long, in milliseconds. */
  readonly shortMs: number;
  readonly longMs: number;
  /** The end of all waiting. */
  readonly holdMs: number;
}

/**
 * Waits until all are settled, or until waiting for the rest is no longer worth it. Never rejects: each outcome is told. A late task's later failure is nobody's.
 */
export async function settle<T>(
  tasks: readonly Promise<T>[],
  patience: Patience,
  clock: Clock,
): Promise<readonly Outcome<T>[]> {
  const outcomes: Outcome<T>[] = tasks.map(() => ({ state: "late" }));
  const { promise, resolve } = Promise.withResolvers<void>();
  const begin = clock.monotonic();
  let settled = 0;
  let done = 0;
  let timer = clock.after(patience.holdMs, resolve);
  const waitAtMost = (ms: number) => {
    timer[Symbol.dispose]();
    timer = clock.after(ms, resolve);
  };
  const note = (index: number, outcome: Outcome<T>) => {
    outcomes[index] = outcome;
    settled += 1;
    if (settled === tasks.length) resolve();
    if (outcome.state !== "done") return;
    done += 1;
    const took = clock.monotonic() - begin;
    if (done === patience.enough)
      waitAtMost(Math.min(patience.longMs, Math.max(patience.shortMs, took * patience.factor)));
    else if (done === patience.useful && patience.useful < patience.enough) waitAtMost(patience.longMs);
  };
  if (tasks.length === 0) resolve();
  for (const [index, task] of tasks.entries())
    task.then(
      (value) => note(index, { state: "done", value }),
      (error: unknown) => note(index, { state: "failed", error }),
    );
  try {
    await promise;
    return [...outcomes];
  } finally {
    timer[Symbol.dispose]();
  }
}

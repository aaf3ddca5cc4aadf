import { stateColours, workerColour, type Theme } from "#console/lib/burst-colours.ts";
import type { TaskStates } from "#console/lib/burst-tasks.ts";

export type ColourBy = "state" | "worker";

/** Gives the colour of a task: by its state, or by who ran it. The theme's values are read once for a drawing. */
export function painter(
  states: TaskStates,
  by: ColourBy,
  theme: Theme,
  property: (name: string) => string,
): (task: number) => string {
  const read = new Map<string, string>();
  const named = (name: string) => {
    const held = read.get(name);
    if (held !== undefined) return held;
    const value = property(name);
    read.set(name, value);
    return value;
  };
  const workers = new Map<number, string>();
  const ofWorker = (worker: number) => {
    const held = workers.get(worker);
    if (held !== undefined) return held;
    const value = workerColour(worker, theme);
    workers.set(worker, value);
    return value;
  };
  return (task) => {
    const state = states.state(task);
    if (by === "state" || state === "waiting" || state === "ready" || state === "failed")
      return named(stateColours[state]);
    const worker = states.workerOf(task);
    return worker === undefined ? named(stateColours[state]) : ofWorker(worker);
  };
}

import { referenceGigahertz, type JobProgress } from "#api/burst.ts";
import type { OverlayTile } from "./draw-scene.ts";

/** The fixed facts of a task, of a graph or of a job that is found again. */
export interface TaskFacts {
  readonly stage: string;
  readonly cost: number;
  readonly place?:
    | { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
    | undefined;
}

export interface Place {
  readonly name: string;
  readonly colour: string;
  /** Tasks that were done there. */
  readonly done: number;
}

type TaskState = JobProgress["tasks"][number]["state"];

export const here = "This computer";
/** Apart in hue for most eyes; this computer has the page's own amber. */
const palette = [
  "#5aa9ff",
  "#6fce9b",
  "#d58bff",
  "#ff9077",
  "#55d6d6",
  "#c9d36a",
  "#ff8ac2",
  "#9fa8ff",
] as const;
const own = "#e9b44c";
/** What is done counts for the rate as long as this. */
const rateWindowMs = 6_000;

/** What became of each task, where, and how fast it goes. */
export class TaskMap {
  readonly #facts: readonly TaskFacts[];
  readonly #ownName: string;
  readonly #lastStage: string;
  readonly #states = new Map<number, { readonly state: TaskState; readonly where: string }>();
  readonly #colours = new Map<string, string>();
  readonly #finished: { readonly atMs: number; readonly cost: number }[] = [];
  readonly #total: number;
  #doneCost = 0;
  done = 0;

  /** `ownName`: what the data center calls this page. */
  constructor(facts: readonly TaskFacts[], ownName: string) {
    this.#facts = facts;
    this.#ownName = ownName;
    this.#lastStage = facts.findLast(({ place }) => place !== undefined)?.stage ?? "";
    this.#total = facts.reduce((sum, { cost }) => sum + cost, 0);
  }

  get count(): number {
    return this.#facts.length;
  }

  /** `counts`: whether it was done just now, and says something about the speed. */
  set(task: number, state: TaskState, where: string, atMs: number, counts: boolean): void {
    const before = this.#states.get(task);
    this.#states.set(task, { state, where: where === this.#ownName ? here : where });
    if (state !== "done" || before?.state === "done") return;
    const cost = this.#facts[task]?.cost ?? 0;
    this.done += 1;
    this.#doneCost += cost;
    if (counts) this.#finished.push({ atMs, cost });
  }

  /** Everybody as one core, in gigahertz; undefined before anything can be said. */
  gigahertz(atMs: number): number | undefined {
    while ((this.#finished[0]?.atMs ?? Infinity) < atMs - rateWindowMs) this.#finished.shift();
    const first = this.#finished[0];
    if (first === undefined || this.#finished.length < 2) return undefined;
    const cost = this.#finished.reduce((sum, one) => sum + one.cost, 0);
    return (cost / Math.max(250, atMs - first.atMs)) * referenceGigahertz;
  }

  /** At the present speed. */
  remainingSeconds(atMs: number): number | undefined {
    const rate = this.gigahertz(atMs);
    if (rate === undefined || rate === 0) return undefined;
    return ((this.#total - this.#doneCost) * referenceGigahertz) / rate / 1_000;
  }

  get share(): number {
    return this.#total === 0 ? 1 : this.#doneCost / this.#total;
  }

  overlay(): OverlayTile[] {
    const tiles: OverlayTile[] = [];
    for (const [task, { state, where }] of this.#states) {
      const facts = this.#facts[task];
      if (facts?.place === undefined) continue;
      if (state === "running") tiles.push({ ...facts.place, state, colour: this.#colourOf(where) });
      else if (state === "done" && facts.stage === this.#lastStage)
        tiles.push({ ...facts.place, state, colour: this.#colourOf(where) });
    }
    return tiles;
  }

  places(): Place[] {
    const counts = new Map<string, number>();
    for (const { state, where } of this.#states.values())
      if (state === "done" && where !== "") counts.set(where, (counts.get(where) ?? 0) + 1);
    return [...counts].map(([name, done]) => ({ name, done, colour: this.#colourOf(name) }));
  }

  #colourOf(where: string): string {
    if (where === here) return own;
    const known = this.#colours.get(where);
    if (known !== undefined) return known;
    const colour = palette[this.#colours.size % palette.length] ?? own;
    this.#colours.set(where, colour);
    return colour;
  }
}

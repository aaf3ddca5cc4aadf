import type { TaskFacts, TaskStates } from "#console/lib/burst-tasks.ts";

/** Where a task's cell lies on a map, in CSS pixels. */
export interface Cell {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** One stage's map: as the picture that its tasks make, or as a grid in the order of their numbers. */
export interface StageMap {
  readonly width: number;
  readonly height: number;
  readonly isPicture: boolean;
  readonly cellOf: (at: number) => Cell;
  /** Index of the task at a point; undefined between them. */
  readonly at: (x: number, y: number) => number | undefined;
}

const largestCell = 18;
const smallestCell = 2;
/** A grid of small cells is about so high. */
const usualHeight = 200;
/** From this size of a cell on there is a gap of a pixel between two. */
const gapFrom = 4;

/** Lays the tasks of one stage out into `width` pixels, a picture at most `maxHeight` high. */
export function layOutStage(tasks: readonly TaskFacts[], width: number, maxHeight: number): StageMap {
  const places = tasks.flatMap(({ place }) => (place === undefined ? [] : [place]));
  return tasks.length > 0 && places.length === tasks.length
    ? picture(places, width, maxHeight)
    : grid(tasks.length, width);
}

function grid(count: number, width: number): StageMap {
  const fitting = Math.floor(Math.sqrt((width * usualHeight) / Math.max(1, count)));
  const size = Math.min(largestCell, Math.max(smallestCell, fitting));
  const columns = Math.max(1, Math.floor(width / size));
  const gap = size >= gapFrom ? 1 : 0;
  return {
    width,
    height: Math.max(1, Math.ceil(count / columns)) * size,
    isPicture: false,
    cellOf: (at) => ({
      x: (at % columns) * size,
      y: Math.floor(at / columns) * size,
      width: size - gap,
      height: size - gap,
    }),
    at: (x, y) => {
      const column = Math.floor(x / size);
      const found = Math.floor(y / size) * columns + column;
      return column >= 0 && column < columns && found >= 0 && found < count ? found : undefined;
    },
  };
}

type Place = NonNullable<TaskFacts["place"]>;

function picture(places: readonly Place[], width: number, maxHeight: number): StageMap {
  let left = Infinity;
  let top = Infinity;
  let right = -Infinity;
  let bottom = -Infinity;
  for (const place of places) {
    left = Math.min(left, place.x);
    top = Math.min(top, place.y);
    right = Math.max(right, place.x + place.width);
    bottom = Math.max(bottom, place.y + place.height);
  }
  const scale = Math.min(width / Math.max(1, right - left), maxHeight / Math.max(1, bottom - top));
  const cellOf = (at: number): Cell => {
    const place = places[at];
    if (place === undefined) return { x: 0, y: 0, width: 0, height: 0 };
    const x = (place.x - left) * scale;
    const y = (place.y - top) * scale;
    const [w, h] = [place.width * scale, place.height * scale];
    return {
      x,
      y,
      width: Math.max(0.5, w >= gapFrom ? w - 1 : w),
      height: Math.max(0.5, h >= gapFrom ? h - 1 : h),
    };
  };
  return {
    width: Math.max(1, (right - left) * scale),
    height: Math.max(1, (bottom - top) * scale),
    isPicture: true,
    cellOf,
    at: (x, y) => {
      const [px, py] = [x / scale + left, y / scale + top];
      const found = places.findLastIndex(
        (place) =>
          px >= place.x && px < place.x + place.width && py >= place.y && py < place.y + place.height,
      );
      return found < 0 ? undefined : found;
    },
  };
}

/** The tasks of each stage, in the order in which the stages begin. */
export function byStage(tasks: readonly TaskFacts[]): ReadonlyMap<string, readonly TaskFacts[]> {
  const stages = new Map<string, TaskFacts[]>();
  for (const task of tasks) {
    const held = stages.get(task.stage);
    if (held === undefined) stages.set(task.stage, [task]);
    else held.push(task);
  }
  return stages;
}

/** A task on the timeline: its worker's lane, the row inside it, and when. */
export interface Bar {
  readonly task: number;
  readonly worker: number;
  readonly row: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Timeline {
  readonly bars: readonly Bar[];
  /** Rows of each worker: as many as it ran tasks at once, at most `maxRows`. */
  readonly rows: readonly number[];
  readonly endMs: number;
}

/** A worker with more at once shares its rows. */
const maxRows = 16;

/** What each worker ran, and when; a task that runs lasts until `nowMs`. */
export function timelineOf(states: TaskStates, nowMs: number): Timeline {
  const started: number[] = [];
  for (let task = 0; task < states.count; task += 1)
    if (states.workerOf(task) !== undefined && !Number.isNaN(states.startedMs(task))) started.push(task);
  started.sort((a, b) => states.startedMs(a) - states.startedMs(b));
  const freeAt: number[][] = states.workers.map(() => []);
  let endMs = 1;
  const bars = started.map((task): Bar => {
    const worker = states.workerOf(task) ?? 0;
    const fromMs = states.startedMs(task);
    const ended = states.endedMs(task);
    const toMs = Math.max(
      fromMs,
      Number.isNaN(ended) ? (states.state(task) === "running" ? nowMs : fromMs) : ended,
    );
    const rows = freeAt[worker] ?? [];
    const row = rowFor(rows, fromMs);
    rows[row] = toMs;
    endMs = Math.max(endMs, toMs);
    return { task, worker, row, fromMs, toMs };
  });
  return { bars, rows: freeAt.map((rows) => Math.max(1, rows.length)), endMs };
}

/** The first row that is free by then; the one that is free soonest when there are no more. */
function rowFor(freeAt: readonly number[], fromMs: number): number {
  const free = freeAt.findIndex((at) => at <= fromMs);
  if (free >= 0) return free;
  return freeAt.length < maxRows ? freeAt.length : freeAt.indexOf(Math.min(...freeAt));
}

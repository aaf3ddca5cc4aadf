import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import { shownTheme } from "#console/data/theme.ts";
import { layOutStage, type Cell, type StageMap as Layout } from "#console/lib/burst-map.ts";
import { painter, type ColourBy } from "#console/lib/burst-paint.ts";
import { stateWords } from "#console/lib/burst-colours.ts";
import type { TaskFacts, TaskStates } from "#console/lib/burst-tasks.ts";
import { countOf, formatCount, formatDuration } from "#console/lib/format.ts";
import { useStore } from "#console/lib/store.ts";
import { sizedContext, useWidth } from "#console/pages/burst/use-canvas.ts";

const maxPictureHeight = 420;
/** When more than one of so many tasks changed, all is drawn anew: neighbours of one colour are drawn as one. */
const wholeFrom = 10;

/**
 * The tasks of one stage, a cell each. What changed is drawn over what was there; all of it only when its size, its colours or the theme change. Arrow keys
 * and the pointer choose a task, whose facts are told above.
 */
export function StageMap(props: {
  readonly stage: string;
  readonly tasks: readonly TaskFacts[];
  readonly states: TaskStates;
  readonly by: ColourBy;
}) {
  const { stage, tasks, states, by } = props;
  const { ref, width } = useWidth();
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useStore(shownTheme);
  const [chosen, setChosen] = useState<number>();
  const layout = useMemo(() => layOutStage(tasks, Math.max(1, width), maxPictureHeight), [tasks, width]);
  useDrawing(canvas, { layout, tasks, states, by, theme, isReady: width > 0 });
  const shown = chosen === undefined ? undefined : tasks[chosen];
  const cell = chosen === undefined ? undefined : layout.cellOf(chosen);
  const done = tasks.reduce((sum, { task }) => sum + (states.state(task) === "done" ? 1 : 0), 0);
  const point = (event: PointerEvent<HTMLCanvasElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    setChosen(layout.at(event.clientX - box.left, event.clientY - box.top));
  };
  return (
    <section aria-label={`Stage ${stage}`} className="flex min-w-0 flex-col gap-2">
      <p className="flex items-baseline justify-between gap-3">
        <span className="font-medium text-ink">{stage}</span>
        <span className="min-w-0 truncate text-xs text-dim tabular">
          {shown === undefined
            ? `${formatCount(done)} of ${formatCount(tasks.length)}`
            : taskWords(shown, states)}
        </span>
      </p>
      <div ref={ref} className="relative w-full">
        <canvas
          ref={canvas}
          tabIndex={0}
          role="slider"
          aria-label={`Tasks of ${stage}`}
          aria-valuemin={0}
          aria-valuemax={Math.max(0, tasks.length - 1)}
          aria-valuenow={chosen ?? 0}
          aria-valuetext={
            shown === undefined ? `${countOf(tasks.length, "task")}, ${done} done` : taskWords(shown, states)
          }
          onPointerMove={point}
          onPointerDown={point}
          onPointerLeave={(event) => event.pointerType === "mouse" && setChosen(undefined)}
          onKeyDown={(event) => setChosen(moved(event, chosen, tasks.length) ?? chosen)}
          style={{ width: layout.width, height: layout.height }}
          className="block touch-pan-y rounded-sm"
        />
        {cell !== undefined && <Ring cell={cell} />}
      </div>
    </section>
  );
}

function Ring({ cell }: { readonly cell: Cell }) {
  return (
    <span
      aria-hidden="true"
      className="pointer-events-none absolute rounded-[2px] outline-2 outline-ink"
      style={{ left: cell.x, top: cell.y, width: cell.width, height: cell.height }}
    />
  );
}

interface Drawing {
  readonly layout: Layout;
  readonly tasks: readonly TaskFacts[];
  readonly states: TaskStates;
  readonly by: ColourBy;
  readonly theme: "light" | "dark";
  readonly isReady: boolean;
}

/** Draws after every render: a render happens when something changed. */
function useDrawing(canvas: { readonly current: HTMLCanvasElement | null }, drawing: Drawing): void {
  const last = useRef<{ readonly of: Drawing; readonly version: number; readonly at: Map<number, number> }>(
    undefined,
  );
  useEffect(() => {
    const element = canvas.current;
    if (element === null || !drawing.isReady) return;
    const { layout, tasks, states, by, theme } = drawing;
    const before = last.current;
    const style = getComputedStyle(element);
    const colourOf = painter(states, by, theme, (name) => style.getPropertyValue(name).trim());
    const isSame =
      before !== undefined && before.of.layout === layout && before.of.by === by && before.of.theme === theme;
    const news = isSame ? states.changedSince(before.version) : undefined;
    const changed = news !== undefined && news.length > tasks.length / wholeFrom ? undefined : news;
    const version = states.version;
    if (changed === undefined) {
      const context = sizedContext(element, layout.width, layout.height);
      if (context === undefined) return;
      paintAll(context, layout, tasks, colourOf);
    } else if (changed.length > 0) {
      const context = element.getContext("2d");
      if (context === null) return;
      for (const task of new Set(changed)) {
        const at = before?.at.get(task);
        if (at !== undefined) paint(context, layout.cellOf(at), colourOf(task));
      }
    }
    const at =
      before !== undefined && before.of.tasks === tasks
        ? before.at
        : new Map(tasks.map(({ task }, index) => [task, index]));
    last.current = { of: drawing, version, at };
  });
}

/** Colour by colour: changing it is what costs. */
function paintAll(
  context: CanvasRenderingContext2D,
  layout: Layout,
  tasks: readonly TaskFacts[],
  colourOf: (task: number) => string,
): void {
  const cells = new Map<string, number[]>();
  for (const [at, { task }] of tasks.entries()) {
    const colour = colourOf(task);
    const held = cells.get(colour);
    if (held === undefined) cells.set(colour, [at]);
    else held.push(at);
  }
  for (const [colour, members] of cells) {
    context.fillStyle = colour;
    for (const { x, y, width, height } of runs(layout, members)) context.fillRect(x, y, width, height);
  }
}

/** Cells that touch in a row become one: a rectangle costs the same whatever its size. */
function* runs(layout: Layout, members: readonly number[]): Generator<Cell> {
  let run: Cell | undefined;
  for (const at of members) {
    const cell = layout.cellOf(at);
    if (run?.y === cell.y && run.height === cell.height && run.x + run.width === cell.x) {
      run = { ...run, width: run.width + cell.width };
      continue;
    }
    if (run !== undefined) yield run;
    run = cell;
  }
  if (run !== undefined) yield run;
}

function paint(context: CanvasRenderingContext2D, cell: Cell, colour: string): void {
  context.clearRect(cell.x, cell.y, cell.width, cell.height);
  context.fillStyle = colour;
  context.fillRect(cell.x, cell.y, cell.width, cell.height);
}

function taskWords(facts: TaskFacts, states: TaskStates): string {
  const { task, fn, cost } = facts;
  const worker = states.workerOf(task);
  const attempts = states.attempts(task);
  const took = states.endedMs(task) - states.startedMs(task);
  return [
    `Task ${formatCount(task)}`,
    fn,
    stateWords[states.state(task)],
    ...(worker === undefined ? [] : [`by ${states.workers[worker] ?? "somebody"}`]),
    ...(attempts > 1 ? [`attempt ${attempts}`] : []),
    ...(Number.isNaN(took) ? [] : [`took ${formatDuration(took)}`]),
    `stated ${formatDuration(cost)}`,
  ].join(" · ");
}

/** Where a key leads; undefined when it is not one of the map's. */
function moved(event: KeyboardEvent, from: number | undefined, count: number): number | undefined {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, PageDown: 20, PageUp: -20 }[
    event.key
  ];
  const to =
    event.key === "Home"
      ? 0
      : event.key === "End"
        ? count - 1
        : step === undefined
          ? undefined
          : (from ?? -1) + step;
  if (to === undefined || count === 0) return undefined;
  event.preventDefault();
  return Math.min(count - 1, Math.max(0, to));
}

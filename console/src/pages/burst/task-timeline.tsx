import { useEffect, useRef, useState } from "react";
import type { Job } from "#api/burst.ts";
import { shownTheme } from "#console/data/theme.ts";
import { Panel } from "#console/kit/panel.tsx";
import { useNow } from "#console/kit/time.tsx";
import { workerColour, type Theme } from "#console/lib/burst-colours.ts";
import { timelineOf, type Bar, type Timeline } from "#console/lib/burst-map.ts";
import type { TaskStates } from "#console/lib/burst-tasks.ts";
import { hasEnded } from "#console/lib/burst-view.ts";
import { countOf, formatCount, formatDuration } from "#console/lib/format.ts";
import { useStore } from "#console/lib/store.ts";
import { sizedContext, useWidth } from "#console/pages/burst/use-canvas.ts";

const rowPx = 7;
const lanePx = 8;
const namePx = 112;
const axisPx = 18;
/** Narrower bars that follow one another are drawn as one. */
const smallestBarPx = 1;

/** Lanes are workers, bars are tasks: who worked when, and where somebody waited. */
export function TaskTimeline(props: { readonly states: TaskStates; readonly job: Job }) {
  const { states, job } = props;
  // Bars of what runs grow between two messages too.
  const now = useNow(1000);
  const sinceNewest = job.state === "running" ? Math.max(0, now - states.newestAt) : 0;
  const timeline = timelineOf(states, states.newestMs + sinceNewest);
  if (timeline.bars.length === 0)
    return (
      <Panel title="Timeline">
        <p className="text-dim">
          {hasEnded(job)
            ? "Times of single tasks are known only while a job runs."
            : "Nothing has begun yet: it begins with the first free slot."}
        </p>
      </Panel>
    );
  return (
    <Panel
      title="Timeline"
      note={`${formatDuration(timeline.endMs)}, ${countOf(states.workers.length, "worker")}`}
    >
      <Lanes timeline={timeline} workers={states.workers} />
    </Panel>
  );
}

function Lanes(props: { readonly timeline: Timeline; readonly workers: readonly string[] }) {
  const { timeline, workers } = props;
  const { ref, width } = useWidth();
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useStore(shownTheme);
  const [pointed, setPointed] = useState<Bar>();
  const tops = topsOf(timeline.rows);
  const height = (tops.at(-1) ?? 0) + axisPx;
  const left = Math.min(namePx, width / 4);
  const scale = (width - left) / timeline.endMs;
  useEffect(() => {
    const element = canvas.current;
    if (element === null || width === 0) return;
    const context = sizedContext(element, width, height);
    if (context === undefined) return;
    const style = getComputedStyle(element);
    const given = { timeline, workers, tops, left, scale, width, height, theme };
    paintLanes(context, given, (name) => style.getPropertyValue(name).trim(), style.fontFamily);
  });
  return (
    <div ref={ref} className="flex flex-col gap-2">
      <canvas
        ref={canvas}
        role="img"
        aria-label={`${countOf(timeline.bars.length, "task")} on ${countOf(workers.length, "worker")} in ${formatDuration(timeline.endMs)}: ${busyWords(timeline, workers)}`}
        style={{ width, height }}
        className="block"
        onPointerMove={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          const [x, y] = [event.clientX - box.left, event.clientY - box.top];
          const at = (x - left) / scale;
          setPointed(
            timeline.bars.findLast((bar) => {
              const top = (tops[bar.worker] ?? 0) + bar.row * rowPx;
              return (
                at >= bar.fromMs && at <= bar.toMs + smallestBarPx / scale && y >= top && y < top + rowPx
              );
            }),
          );
        }}
        onPointerLeave={() => setPointed(undefined)}
      />
      <p className="min-h-4 text-xs text-dim tabular">
        {pointed !== undefined &&
          `Task ${formatCount(pointed.task)} · ${workers[pointed.worker] ?? ""} · from ${formatDuration(pointed.fromMs)}, ${formatDuration(pointed.toMs - pointed.fromMs)} long`}
      </p>
    </div>
  );
}

/** Top of each worker's lane, and the end of the last one. */
function topsOf(rows: readonly number[]): readonly number[] {
  const tops = [0];
  for (const count of rows) tops.push((tops.at(-1) ?? 0) + Math.max(2, count) * rowPx + lanePx);
  return tops;
}

/** Workers whose share is told in words. */
const workersTold = 8;

function busyWords({ bars }: Timeline, workers: readonly string[]): string {
  const counts = workers.map(() => 0);
  for (const { worker } of bars) counts[worker] = (counts[worker] ?? 0) + 1;
  return workers
    .slice(0, workersTold)
    .map((name, at) => `${name} ${formatCount(counts[at] ?? 0)}`)
    .join(", ");
}

interface Given {
  readonly timeline: Timeline;
  readonly workers: readonly string[];
  readonly tops: readonly number[];
  readonly left: number;
  readonly scale: number;
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
}

function paintLanes(
  context: CanvasRenderingContext2D,
  given: Given,
  property: (name: string) => string,
  fontFamily: string,
): void {
  const { timeline, workers, tops, left, scale, width, height, theme } = given;
  context.font = `11px ${fontFamily}`;
  context.textBaseline = "top";
  for (const [worker, name] of workers.entries()) {
    const top = tops[worker] ?? 0;
    context.fillStyle = property("--dim");
    context.fillText(fitted(context, name, left - 10), 0, top + 1);
    context.fillStyle = property("--line");
    context.fillRect(0, (tops[worker + 1] ?? top) - lanePx / 2, width, 1);
    context.fillStyle = workerColour(worker, theme);
    paintBars(
      context,
      timeline.bars.filter((bar) => bar.worker === worker),
      { top, left, scale },
    );
  }
  context.fillStyle = property("--faint");
  context.textAlign = "right";
  context.fillText(formatDuration(timeline.endMs), width, height - axisPx + 4);
  context.textAlign = "left";
  context.fillText("0 s", left, height - axisPx + 4);
}

function paintBars(
  context: CanvasRenderingContext2D,
  bars: readonly Bar[],
  { top, left, scale }: { readonly top: number; readonly left: number; readonly scale: number },
): void {
  const drawnTo: number[] = [];
  for (const { row, fromMs, toMs } of bars) {
    const from = left + fromMs * scale;
    const to = Math.max(from + smallestBarPx, left + toMs * scale);
    // What lies inside the pixel that was just drawn changes nothing.
    if (to <= (drawnTo[row] ?? -1)) continue;
    const gap = to - from > 3 ? 1 : 0;
    context.fillRect(from, top + row * rowPx, to - from - gap, rowPx - 1);
    drawnTo[row] = Math.ceil(to);
  }
}

function fitted(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let short = text;
  while (short.length > 1 && context.measureText(`${short}…`).width > width) short = short.slice(0, -1);
  return `${short}…`;
}

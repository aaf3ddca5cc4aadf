import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { shownTheme } from "#console/data/theme.ts";
import { useStore } from "#console/lib/store.ts";

export interface Series {
  readonly label: string;
  /** Name of a custom property of the theme. */
  readonly colour: string;
}

const heightPx = 160;
/** Seconds that the axis spans unless told, also while there are fewer samples. */
const usualSpanSeconds = 600;
const binarySteps = Array.from({ length: 50 }, (_, power) => 2 ** power);
const decimalSteps = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000];
const cursorGroup = "vdc-machine";

/** Lines over the last minutes. The canvas is for the eye; its label says the newest values. */
export function TimeChart(props: {
  readonly title: string;
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly values: readonly (readonly number[])[];
  readonly format: (value: number) => string;
  readonly max?: number;
  /** Values are bytes: the axis goes in powers of two. */
  readonly binary?: boolean;
  /** The last ten minutes when absent. */
  readonly spanSeconds?: number;
  /** The top of the scale is at least this, so that small values look small. */
  readonly atLeast?: number;
}) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const latest = useRef(props);
  const theme = useStore(shownTheme);

  useEffect(() => {
    latest.current = props;
    chart.current?.setData(dataOf(props));
  });

  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const made = new uPlot(options(element, latest), dataOf(latest.current), element);
    chart.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: heightPx }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      chart.current = undefined;
    };
    // The theme's colours are read when the chart is made.
    // oxlint-disable-next-line react/exhaustive-effect-dependencies
  }, [theme]);

  const words = props.series.map(
    (series, at) => `${series.label} ${props.format(props.values[at]?.at(-1) ?? 0)}`,
  );
  return (
    <div
      ref={place}
      role="img"
      aria-label={`${props.title}, last ${(props.spanSeconds ?? usualSpanSeconds) === usualSpanSeconds ? "ten" : "few"} minutes; now ${words.join(", ")}`}
      className="h-40 min-w-0"
    />
  );
}

type Shown = Pick<
  Parameters<typeof TimeChart>[0],
  "times" | "values" | "series" | "format" | "max" | "binary" | "spanSeconds" | "atLeast"
>;

function dataOf(shown: Shown): uPlot.AlignedData {
  return [[...shown.times], ...shown.values.map((values) => [...values])];
}

function options(element: HTMLElement, latest: { readonly current: Shown }): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const font = `11px ${style.fontFamily}`;
  const axis = {
    stroke: colour("--faint"),
    font,
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
  };
  return {
    width: element.clientWidth,
    height: heightPx,
    padding: [8, 0, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, sync: { key: cursorGroup }, points: { size: 6 } },
    scales: {
      x: { range: (_, _min, max) => [max - (latest.current.spanSeconds ?? usualSpanSeconds), max] },
      y: {
        range: (_, _min, max) => [
          0,
          latest.current.max ?? Math.max(max * 1.1, latest.current.atLeast ?? 1024),
        ],
      },
    },
    axes: [
      { ...axis, size: 22, gap: 4, space: 64, values: (_, ticks) => ticks.map(minuteText) },
      {
        ...axis,
        size: 64,
        incrs: latest.current.binary === true ? binarySteps : decimalSteps,
        gap: 6,
        space: 36,
        values: (_, ticks) => ticks.map((tick) => latest.current.format(tick)),
      },
    ],
    series: [
      {},
      ...latest.current.series.map((series) => ({
        label: series.label,
        stroke: colour(series.colour),
        width: 1.5,
        fill: `color-mix(in srgb, ${colour(series.colour)} 10%, transparent)`,
        points: { show: false },
      })),
    ],
  };
}

const minutes = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

function minuteText(seconds: number): string {
  return minutes.format(seconds * 1000);
}

import type { TaskStateName } from "#console/lib/burst-tasks.ts";

export type Theme = "light" | "dark";

/** Hues of OKLCH in an order in which neighbours are far apart; verdigris and vermilion are left to states. */
const hues = [250, 55, 320, 130, 15, 200, 85, 285, 350, 160];
/** When all hues are taken they come again, lighter or darker. */
const levels = [0, 0.13, -0.11];

/** A worker's colour by the order in which it came. 30 differ; after that they come again. */
export function workerColour(index: number, theme: Theme): string {
  const level = levels[Math.floor(index / hues.length) % levels.length] ?? 0;
  const lightness = (theme === "dark" ? 0.72 : 0.58) + level;
  return `oklch(${lightness.toFixed(2)} 0.13 ${hues[index % hues.length] ?? 0})`;
}

/** Custom properties of the theme that show a task's state. */
export const stateColours: Readonly<Record<TaskStateName, string>> = {
  waiting: "--line",
  ready: "--line-strong",
  running: "--chart-2",
  done: "--chart-1",
  failed: "--bad",
};

export const stateWords: Readonly<Record<TaskStateName, string>> = {
  waiting: "waits for others",
  ready: "ready",
  running: "running",
  done: "done",
  failed: "failed",
};

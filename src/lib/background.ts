import type { Log } from "#lib/log.ts";

/** Runs `task` without waiting; its failure is logged under `name` and goes no further. */
export function background(task: Promise<unknown>, name: string, log: Log): void {
  task.catch((error: unknown) => log.error("background.task.failed", { task: name, error }));
}

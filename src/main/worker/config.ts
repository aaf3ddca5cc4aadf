import { assert } from "#lib/assert.ts";

/** How the worker process of `vdc up` is told what it is: JSON in this variable. It needs no secret: the control socket is its credential. */
export const workerConfigVariable = "VDC_WORKER_CONFIG";

export interface WorkerConfig {
  readonly controlSocket: string;
  readonly slots: number;
  readonly name: string;
}

/** The variable is written by our own program alone; what is missing is its fault. */
export function readWorkerConfig(text: string | undefined): WorkerConfig {
  assert(text !== undefined, `the worker is started with ${workerConfigVariable}: run \`vdc up\``);
  const config = JSON.parse(text) as Partial<WorkerConfig>; // checked below
  assert(typeof config.controlSocket === "string" && typeof config.slots === "number", "it knows its place");
  return config as WorkerConfig; // checked above
}

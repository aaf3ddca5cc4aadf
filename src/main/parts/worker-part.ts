import { hostname } from "node:os";
import { join } from "node:path";
import type { DataDirectory } from "#main/data-directory.ts";
import { repositoryRoot } from "#main/repository.ts";
import type { ProcessPart } from "#main/supervisor/part.ts";
import { workerConfigVariable, type WorkerConfig } from "#main/worker/config.ts";

/**
 * For the C library's allocator: large buffers go back to the system when they are freed. Otherwise it keeps them in heaps, one for each thread, that blobs of all
 * sizes wear into holes, and a worker held half as much again as it used. The launcher sets the same for `vdc join`.
 */
const allocatorVariables = { MALLOC_MMAP_THRESHOLD_: "131072", MALLOC_ARENA_MAX: "2" } as const;

/**
 * The data center's own worker. It dials in by the control socket like every other worker, and again whenever control was away, so it waits for nobody and nobody
 * waits for it.
 */
export function workerPart(options: {
  readonly directory: DataDirectory;
  readonly dependsOn: readonly string[];
  readonly slots: number;
}): ProcessPart {
  const { directory, dependsOn, slots } = options;
  const config: WorkerConfig = { controlSocket: directory.controlSocket, slots, name: hostname() };
  return {
    kind: "process",
    name: "worker",
    dependsOn,
    readyWithinMs: 10_000,
    // It gives back what it cannot finish at once; a task that is lost this way runs elsewhere.
    stop: [{ signal: "SIGTERM", withinMs: 1_000 }],
    launch: () => ({
      file: process.execPath,
      args: [
        "--disable-warning=ExperimentalWarning",
        "--max-semi-space-size=2",
        join(repositoryRoot, "src/main/worker.ts"),
      ],
      cwd: repositoryRoot,
      env: { ...process.env, ...allocatorVariables, [workerConfigVariable]: JSON.stringify(config) },
      channel: true,
    }),
    ready: async () => ({ note: slots === 1 ? "1 slot" : `${slots} slots` }),
  };
}

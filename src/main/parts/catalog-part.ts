import { join } from "node:path";
import { isAlive, signalProcess } from "#drivers/process/identity.ts";
import type { Clock } from "#lib/clock.ts";
import { catalogConfigVariable, catalogNodeFlags, type CatalogConfig } from "#main/catalog/config.ts";
import { threadsFor } from "#main/catalog/drive-list.ts";
import type { DataDirectory } from "#main/data-directory.ts";
import { liveProcesses, removeStale } from "#main/objects/identity.ts";
import { eagerRestarts, sweepProcesses, untilReady } from "#main/parts/objects-part.ts";
import { repositoryRoot } from "#main/repository.ts";
import type { ProcessPart } from "#main/supervisor/part.ts";

const name = "catalog";
/** What it has under way is durable or is sent again: it needs no long farewell. */
const endsWithinMs = 3_000;
const pollMs = 20;

/**
 * The catalog of the object store: the only one who writes its journal, so two of them never run at once. One that a killed supervisor left is adopted, or ended when it runs
 * another version. While there is none the fronts hold their requests, so it is started again without waiting.
 */
export function catalogPart(options: {
  readonly directory: DataDirectory;
  /** Drives of a store that is made now. */
  readonly drives: readonly string[];
  readonly version: string;
  readonly clock: Clock;
}): ProcessPart {
  const { directory, drives, version, clock } = options;
  const adoptable = () =>
    liveProcesses(directory.objectsRun, name).find(
      (left) => left.state === "ready" && left.version === version,
    );
  let origin = "";
  return {
    kind: "process",
    name,
    dependsOn: [],
    readyWithinMs: 30_000,
    restarts: eagerRestarts,
    stop: [{ signal: "SIGTERM", withinMs: endsWithinMs }],
    prepare: async () => {
      removeStale(directory.objectsRun);
      const kept = adoptable();
      origin = kept === undefined ? "" : "adopted, ";
      const others = liveProcesses(directory.objectsRun, name).filter(({ pid }) => pid !== kept?.pid);
      for (const other of others) signalProcess(other, "SIGTERM");
      const end = clock.monotonic() + endsWithinMs;
      while (others.some(isAlive) && clock.monotonic() < end) await clock.sleep(pollMs);
      for (const other of others) signalProcess(other, "SIGKILL");
      // Bounded by the start's time: nothing survives this signal for longer than its last call to a drive.
      while (others.some(isAlive)) await clock.sleep(pollMs);
    },
    adopt: adoptable,
    launch: () => {
      const config: CatalogConfig = { dataDirectory: directory.root, drives };
      return {
        file: process.execPath,
        args: [...catalogNodeFlags, join(repositoryRoot, "src/main/catalog.ts")],
        cwd: repositoryRoot,
        env: {
          ...process.env,
          UV_THREADPOOL_SIZE: String(threadsFor(directory, drives)),
          [catalogConfigVariable]: JSON.stringify(config),
        },
        channel: false,
      };
    },
    ready: async ({ identity: { pid } }, signal) => {
      const { note = "" } = await untilReady({ directory, name, pid, clock, signal });
      return { note: `${origin}${note}` };
    },
    sweep: async () => await sweepProcesses(directory, name, clock),
  };
}

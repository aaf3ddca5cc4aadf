import { existsSync } from "node:fs";
import { join } from "node:path";
import { signalProcess } from "#drivers/process/identity.ts";
import type { Clock } from "#lib/clock.ts";
import type { DataDirectory } from "#main/data-directory.ts";
import { repositoryRoot } from "#main/repository.ts";
import { statusConfigVariable, type StatusConfig } from "#main/status/config.ts";
import { liveStatus } from "#main/status/identity.ts";
import type { ProcessPart } from "#main/supervisor/part.ts";

const pollMs = 20;

/** The status process. Like a gateway it is tied to nobody's life: it is what tells that the others are gone. */
export function statusPart(options: {
  readonly directory: DataDirectory;
  readonly config: StatusConfig;
  readonly clock: Clock;
}): ProcessPart {
  const { directory, config, clock } = options;
  const serving = () => liveStatus(directory.statusIdentity);
  const fits = () => {
    const left = serving();
    return left?.version === config.version &&
      left.host === config.host &&
      (config.port === 0 || left.port === config.port)
      ? left
      : undefined;
  };
  return {
    kind: "process",
    name: "status",
    dependsOn: [],
    readyWithinMs: 20_000,
    stop: [{ signal: "SIGTERM", withinMs: 2_000 }],
    prepare: async () => {
      const left = serving();
      if (left === undefined || fits() !== undefined) return;
      signalProcess(left, "SIGTERM");
      while (serving() !== undefined) await clock.sleep(pollMs); // bounded by the time for a start
    },
    adopt: fits,
    launch: () => ({
      file: process.execPath,
      args: ["--disable-warning=ExperimentalWarning", join(repositoryRoot, "src/main/status.ts")],
      cwd: repositoryRoot,
      env: { ...process.env, [statusConfigVariable]: JSON.stringify(config) },
      channel: false,
    }),
    ready: async ({ identity: { pid } }, signal) => {
      for (;;) {
        const here = serving();
        if (here?.pid === pid && existsSync(directory.statusSocket))
          return { note: `http://${here.host}:${here.port}/` };
        await clock.sleep(pollMs, signal);
      }
    },
  };
}

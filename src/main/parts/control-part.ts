import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "#lib/clock.ts";
import { isAlive } from "#drivers/process/identity.ts";
import type { RunningProcess } from "#drivers/process/running.ts";
import type { ControlConfig } from "#main/control-config.ts";
import { readControlMessage, type FailedMessage, type ReadyMessage } from "#main/control-messages.ts";
import type { DataDirectory } from "#main/data-directory.ts";
import { repositoryRoot } from "#main/repository.ts";
import { PartFailure, type ProcessPart } from "#main/supervisor/part.ts";

/** Codes of the error table after which starting again cannot help. */
const permanentCodes: ReadonlySet<string> = new Set([
  "invalid",
  "unsupported",
  "forbidden",
  "precondition-failed",
]);

/** The control process: a child on a channel; it ends itself when the channel closes, so a killed supervisor takes it along. */
export function controlPart(options: {
  readonly directory: DataDirectory;
  readonly dependsOn: readonly string[];
  /** The program; another one in tests. */
  readonly script?: string;
  /** Read at each start: what earlier parts found out belongs in it. */
  readonly config: () => ControlConfig;
  readonly onReady: (message: ReadyMessage) => void;
  readonly clock: Clock;
}): ProcessPart {
  const { directory } = options;
  const script = options.script ?? join(repositoryRoot, "src/main/control.ts");
  return {
    kind: "process",
    name: "control",
    dependsOn: options.dependsOn,
    readyWithinMs: 30_000,
    stop: [{ signal: "SIGTERM", withinMs: 4_000 }],
    prepare: async () => rmSync(directory.controlSocket, { force: true }),
    launch: () => ({
      file: process.execPath,
      args: ["--disable-warning=ExperimentalWarning", script],
      cwd: repositoryRoot,
      env: { ...process.env, VDC_CONTROL_CONFIG: JSON.stringify(options.config()) },
      channel: true,
    }),
    ready: async (child) => {
      if (isAlive(child.identity)) {
        // Whole or not at all: whoever comes after a kill in between still has to find the old control.
        const fresh = `${directory.controlIdentity}.new`;
        writeFileSync(fresh, JSON.stringify(child.identity), { mode: 0o600 });
        renameSync(fresh, directory.controlIdentity);
      }
      const message = await firstMessage(child);
      if (message.type === "failed") {
        throw new PartFailure(message.message, {
          remedy: message.remedy,
          permanent: permanentCodes.has(message.code),
        });
      }
      options.onReady(message);
      return message.notes === undefined || message.notes.length === 0
        ? {}
        : { note: message.notes.join(", ") };
    },
  };
}

async function firstMessage(child: RunningProcess): Promise<ReadyMessage | FailedMessage> {
  return await new Promise((resolve) => {
    child.onMessage((raw) => {
      const message = readControlMessage(raw);
      if (message !== undefined) resolve(message);
    });
  });
}

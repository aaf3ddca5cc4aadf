import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "#lib/clock.ts";
import type { DataDirectory } from "#main/data-directory.ts";
import { repositoryRoot } from "#main/repository.ts";

const withinMs = 30_000;

/** Has a program of its own stop all instances of this machine: the supervisor itself knows nothing of them. */
export async function stopApps(
  directory: DataDirectory,
): Promise<{ readonly count: number; readonly elapsedMs: number }> {
  if (!existsSync(join(directory.root, "instances"))) return { count: 0, elapsedMs: 0 };
  const begun = systemClock.monotonic();
  const child = fork(join(repositoryRoot, "src/main/stop-apps.ts"), [directory.root], {
    execArgv: ["--disable-warning=ExperimentalWarning"],
    stdio: "ignore",
    detached: true, // a second Ctrl-C at the terminal is for the supervisor alone
  });
  let count = 0;
  child.on("message", (message) => {
    const { stopped } = message as { readonly stopped?: unknown }; // our own program's; anything else counts as nothing
    if (typeof stopped === "number") count = stopped;
  });
  using _late = systemClock.after(withinMs, () => child.kill("SIGKILL"));
  await new Promise<void>((resolve) => child.once("exit", () => resolve()).once("error", () => resolve()));
  return { count, elapsedMs: systemClock.monotonic() - begun };
}

import type { DownReport } from "#cli/local/actions.ts";
import { systemClock } from "#lib/clock.ts";
import { isAlive, signalProcess, type ProcessIdentity } from "#drivers/process/identity.ts";
import type { DataDirectory } from "#main/data-directory.ts";
import { askToKeepApps, readStatus } from "#main/local/supervisor-client.ts";
import { lockHolder } from "#main/supervisor/lock.ts";

/** The supervisor promises 10 s for its parts, then stops the apps with their grace; a busy disk gets some more. */
const gentleWithinMs = 45_000;
const atOnceWithinMs = 5_000;
const pollMs = 25;

/** Stops the data center and waits until it is stopped; undefined when it is not running. */
export async function stopCenter(
  directory: DataDirectory,
  options: { readonly keepsApps: boolean },
): Promise<DownReport | undefined> {
  const holder = lockHolder(directory.lock);
  if (holder === undefined) return undefined;
  const begun = systemClock.monotonic();
  // A supervisor that hangs does not answer; stopping it matters more than knowing its parts.
  const status = await readStatus(directory).catch(() => undefined);
  const isAsked = options.keepsApps && (await askToKeepApps(directory));
  const wasForced = await endSupervisor(holder, isAsked);
  const parts = (status?.parts ?? []).map(({ name }) => name).toReversed();
  return { pid: holder.pid, parts, elapsedMs: systemClock.monotonic() - begun, wasForced };
}

/** Asks, asks for haste, and at last kills: PostgreSQL then stays up for the next supervisor to adopt. */
async function endSupervisor(holder: ProcessIdentity, isAsked: boolean): Promise<boolean> {
  if (!isAsked) signalProcess(holder, "SIGTERM");
  if (await isGone(holder, gentleWithinMs)) return false;
  signalProcess(holder, "SIGTERM");
  if (await isGone(holder, atOnceWithinMs)) return false;
  signalProcess(holder, "SIGKILL");
  await isGone(holder, atOnceWithinMs);
  return true;
}

async function isGone(holder: ProcessIdentity, withinMs: number): Promise<boolean> {
  const end = systemClock.monotonic() + withinMs;
  while (isAlive(holder)) {
    if (systemClock.monotonic() > end) return false;
    await systemClock.sleep(pollMs);
  }
  return true;
}

import type { RestartReport } from "#cli/local/actions.ts";
import { systemClock } from "#lib/clock.ts";
import type { DataDirectory } from "#main/data-directory.ts";
import { callSocket } from "#main/supervisor/socket-call.ts";
import type { RestartAnswer, SupervisorStatus } from "#main/supervisor/routes.ts";

const statusWithinMs = 10_000;
/** A part's own time to become ready is shorter. */
const restartWithinMs = 90_000;

/** Undefined when no supervisor listens. */
export async function readStatus(directory: DataDirectory): Promise<SupervisorStatus | undefined> {
  const text = await call(directory.supervisorSocket, "GET", "/v1/status", statusWithinMs);
  return text === undefined ? undefined : (JSON.parse(text) as SupervisorStatus); // our own program's answer
}

export async function restartPart(directory: DataDirectory, part: string): Promise<RestartReport> {
  const begun = systemClock.monotonic();
  const text = await call(
    directory.supervisorSocket,
    "POST",
    `/v1/restart/${encodeURIComponent(part)}`,
    restartWithinMs,
  );
  if (text === undefined) return { result: "not-running" };
  const answer = JSON.parse(text) as RestartAnswer; // our own program's answer
  return answer.result === "ready" ? { ...answer, elapsedMs: systemClock.monotonic() - begun } : answer;
}

/** Asks the supervisor to stop everything but the apps; false when none listens. */
export async function askToKeepApps(directory: DataDirectory): Promise<boolean> {
  const answer = await call(directory.supervisorSocket, "POST", "/v1/stop/keep-apps", statusWithinMs);
  return answer !== undefined;
}

/** One request to the supervisor; undefined when nobody listens, rejects when it does not answer in time. */
async function call(
  socketPath: string,
  method: "GET" | "POST",
  path: string,
  withinMs: number,
): Promise<string | undefined> {
  return (await callSocket(socketPath, { method, path, withinMs, who: "the supervisor" }))?.body;
}

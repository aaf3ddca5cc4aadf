import { connect } from "node:net";
import type { RestartReport } from "#cli/local/actions.ts";
import { systemClock } from "#lib/clock.ts";
import type { DataDirectory } from "#main/data-directory.ts";
import type { RestartAnswer, SupervisorStatus } from "#main/supervisor/routes.ts";

const maxAnswerBytes = 1024 * 1024;
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

/** One request to the supervisor; undefined when nobody listens, rejects when it does not answer in time. */
async function call(
  socketPath: string,
  method: string,
  path: string,
  withinMs: number,
): Promise<string | undefined> {
  return await new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    let answer = "";
    socket.setEncoding("utf8");
    socket.setTimeout(withinMs, () =>
      socket.destroy(new Error(`the supervisor did not answer within ${withinMs / 1000} s`)),
    );
    socket.on("connect", () => socket.write(`${method} ${path} HTTP/1.1\r\nhost: supervisor\r\n\r\n`));
    socket.on("data", (chunk) => {
      answer += String(chunk);
      if (answer.length > maxAnswerBytes) socket.destroy(new Error("the supervisor's answer is too large"));
    });
    socket.on("end", () => resolve(answer.slice(answer.indexOf("\r\n\r\n") + 4)));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ECONNREFUSED") resolve(undefined);
      else reject(error);
    });
  });
}

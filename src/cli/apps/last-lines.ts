import type { LogEntry } from "#api/apps.ts";
import { VdcError } from "#api/errors.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import type { Session } from "#cli/session.ts";
import type { AppKey } from "./app-target.ts";

const readLines = 200;
const withinMs = 5_000;

/** The newest lines of a release, oldest first. Empty when they cannot be had: they only explain something else. */
export async function lastLines(
  session: Session,
  key: AppKey,
  wanted: { readonly release: number | undefined; readonly count: number },
): Promise<readonly string[]> {
  const lines: string[] = [];
  const signal = AbortSignal.any([session.io.signal, AbortSignal.timeout(withinMs)]);
  try {
    const entries = session.client.events(session.client.routes["app.logs"], {
      params: key,
      query: { tail: readLines },
      signal,
    });
    for await (const entry of entries)
      if (wanted.release === undefined || entry.release === wanted.release) lines.push(logText(entry));
  } catch (error) {
    session.io.signal.throwIfAborted();
    if (!(error instanceof VdcError) && !signal.aborted) throw error;
  }
  return lines.slice(-wanted.count);
}

/** `news-web-1 | listening on 8080`: the instance, and what it said. */
export function logText(entry: LogEntry): string {
  const mark = entry.stream === "vdc" ? "vdc: " : "";
  return `${harmlessLine(entry.instance)} | ${mark}${harmlessLine(entry.text)}`;
}

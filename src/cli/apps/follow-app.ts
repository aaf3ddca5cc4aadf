import { VdcError } from "#api/errors.ts";
import type { AppStatus } from "#api/kinds/app.ts";
import { followResource } from "#cli/follow-resource.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { Progress } from "#cli/progress.ts";
import type { Session } from "#cli/session.ts";
import { countsText, progressText } from "./app-text.ts";
import { kindOf, type App, type AppKey } from "./app-target.ts";
import { lastLines } from "./last-lines.ts";

/** How a change of an app ended. `ready` also for an app that is stopped and was told to. */
export type AppEnding = "ready" | "stopped" | "paused" | "rolled-back" | "failed";

/** Lines of a failed release's log that are shown. */
const shownLines = 10;

/**
 * Shows what an app does until it has settled on this generation of its spec, and gives its last state. Throws
 * `timeout`; what the app does goes on.
 */
export async function followApp(
  session: Session,
  key: AppKey,
  wanted: { readonly generation: number; readonly timeoutMs: number },
): Promise<{ readonly app: App; readonly ending: AppEnding }> {
  const progress = new Progress(session.io);
  const deadline = AbortSignal.timeout(wanted.timeoutMs);
  const signal = AbortSignal.any([deadline, session.io.signal]);
  const kind = kindOf(session, "app");
  let last: App | undefined;
  try {
    for await (const state of followResource(session, kind, { kind: kind.kind, ...key }, signal)) {
      if (state === undefined)
        throw new VdcError("not-found", `The app '${key.name}' was removed meanwhile.`);
      last = state as unknown as App; // as the kind's schema says
      const ending = endingOf(last, wanted.generation);
      if (ending !== undefined) return { app: last, ending };
      const text = progressText(last.status);
      progress.show(`${key.name}: ${text}`, text);
    }
    throw new VdcError("unreachable", "The watch of the app ended.");
  } catch (error) {
    if (!deadline.aborted || session.io.signal.aborted) throw error;
    const state = last === undefined ? "" : ` (${progressText(last.status)})`;
    throw new VdcError("timeout", `${key.name} has not come up yet${state}; it goes on in the data center.`, {
      cause: error,
      extra: {
        remedy: `Look at it: \`vdc app get ${key.name} -p ${key.project}\`, or at \`vdc logs ${key.name}\`.`,
      },
    });
  } finally {
    progress.clear();
  }
}

/** Undefined while it still moves. */
export function endingOf(app: App, generation: number): AppEnding | undefined {
  const { phase, observedGeneration } = app.status;
  if (observedGeneration === undefined || observedGeneration < generation) return undefined;
  switch (phase) {
    case "ready":
    case "stopped":
    case "paused":
    case "rolled-back":
    case "failed":
      return phase;
    default:
      return undefined;
  }
}

/**
 * Tells the person how it ended. Throws `rollout-failed` for a release that did not come up, after showing the last
 * lines that it logged: what serves then is said plainly.
 */
export async function tellEnding(
  session: Session,
  key: AppKey,
  { app, ending }: { readonly app: App; readonly ending: AppEnding },
): Promise<string> {
  const { status } = app;
  switch (ending) {
    case "ready":
      // Its instances are, and something else is not: a route whose host belongs to somebody.
      if (status.reason !== undefined) session.io.stderr(`warning: ${harmlessLine(status.reason)}\n`);
      return `app/${key.name} is ready: ${countsText(status)}\n${urlLines(status)}`;
    case "stopped":
      return `app/${key.name} is stopped\n`;
    case "paused":
      return `app/${key.name} is paused: ${progressText(status)}\n`;
    case "rolled-back":
    case "failed":
      await showLastLines(session, key, status);
      throw new VdcError("rollout-failed", failureText(key, status, ending), {
        extra: {
          remedy: `Correct what is named and deploy again; \`vdc app history ${key.name}\` and \`vdc logs ${key.name}\` say more.`,
        },
      });
  }
}

/** What did not come up, what serves instead, and why. */
export function failureText(key: AppKey, status: AppStatus, ending: "rolled-back" | "failed"): string {
  const serving = status.servingReleases ?? [];
  const what =
    status.wantedRelease === undefined ? key.name : `Release ${status.wantedRelease} of ${key.name}`;
  const how = ending === "rolled-back" ? "did not come up and was rolled back" : "did not come up";
  const left = serving.length === 0 ? "nothing serves" : `release ${serving.join(", ")} serves`;
  return `${what} ${how}; ${left}. ${status.reason ?? ""}`.trim();
}

function urlLines(status: AppStatus): string {
  return (status.urls ?? []).map((url) => `${harmlessLine(url)}\n`).join("");
}

async function showLastLines(session: Session, key: AppKey, status: AppStatus): Promise<void> {
  const release = status.wantedRelease;
  const lines = await lastLines(session, key, { release, count: shownLines });
  if (lines.length === 0) return;
  session.io.stderr(`last lines of ${release === undefined ? key.name : `release ${release}`}:\n`);
  for (const line of lines) session.io.stderr(`  ${line}\n`);
}

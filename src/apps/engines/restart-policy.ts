import type { Component } from "#api/manifest.ts";
import type { InstanceExit } from "#api/kinds/instance.ts";
import { backoffMs } from "#lib/backoff.ts";
import type { Random } from "#lib/random.ts";

/** How an engine starts again what ended; tests pass shorter ones. */
export interface RestartLimits {
  readonly baseMs: number;
  readonly maxMs: number;
  /** A run that lasted at least this long was no quick failure: the count begins anew. */
  readonly stableMs: number;
  /** Quick failures in a row from which on it is a crash loop. */
  readonly crashLoopAfter: number;
}

export const restartLimits: RestartLimits = {
  baseMs: 500,
  maxMs: 60_000,
  stableMs: 10_000,
  crashLoopAfter: 5,
};

export type AfterExit =
  | { readonly kind: "stay"; readonly phase: "stopped" | "failed"; readonly reason: string }
  | {
      readonly kind: "again";
      readonly phase: "restarting" | "crash-loop";
      readonly reason: string;
      readonly inMs: number;
      readonly quickFailures: number;
    };

/** What follows the end of a process that nobody asked to end. Pure. */
export function afterExit(
  facts: {
    readonly policy: Component["restart"];
    readonly exit: InstanceExit;
    readonly ranMs: number;
    /** Before this one. */
    readonly quickFailures: number;
    readonly lastLine?: string;
  },
  limits: RestartLimits,
  random: Random,
): AfterExit {
  const { policy, exit } = facts;
  const why = exitSentence(exit);
  const succeeded = exit.reason === "exited" && exit.code === 0;
  if (policy === "no" || (policy === "on-failure" && succeeded))
    return { kind: "stay", phase: succeeded ? "stopped" : "failed", reason: why };
  const quickFailures = facts.ranMs >= limits.stableMs ? 1 : facts.quickFailures + 1;
  const inMs = Math.round(backoffMs(quickFailures - 1, limits, random));
  if (quickFailures < limits.crashLoopAfter)
    return { kind: "again", phase: "restarting", reason: why, inMs, quickFailures };
  const said = facts.lastLine === undefined ? "" : `; its last line: ${facts.lastLine}`;
  const reason = `ended ${quickFailures} times in a row soon after its start; last: ${why}${said}`;
  return { kind: "again", phase: "crash-loop", reason, inMs, quickFailures };
}

/** One sentence for people about how a process ended. */
export function exitSentence(exit: InstanceExit): string {
  if (exit.detail !== undefined) return exit.detail;
  switch (exit.reason) {
    case "exited":
      return `ended with status ${exit.code ?? 0}`;
    case "signalled":
      return `ended by ${exit.signal ?? "a signal"}`;
    case "out-of-memory":
      return "ended because it needed more memory than its limit";
    case "unhealthy":
      return "ended because its health check failed";
    case "stopped":
      return "stopped";
    case "could-not-start":
      return "could not be started";
  }
}

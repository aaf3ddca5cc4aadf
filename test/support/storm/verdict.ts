import type { ServingSample } from "./center.ts";
import type { Answer, Failure, Tally } from "./tally.ts";

/** An instance that the test killed. Times are on the monotonic clock. */
export interface Kill {
  readonly instance: string;
  /** When the signal was sent. */
  readonly at: number;
  /** When its process was seen to be gone: until then the kernel takes bytes for it. */
  readonly goneAt: number;
}

/** How long the loss of what was in flight may take to be seen. */
const lossSeenMs = 3_000;

export interface Verdict {
  /** What was in a killed instance when it was killed, and what no gateway may or can send again. */
  readonly lost: readonly Failure[];
  readonly failed: readonly Failure[];
}

/** The main thread of a killed process is seen to be gone before its last thread lets the sockets go: within this. */
const lastThreadMs = 250;

/**
 * A request may only be lost with a killed instance, only when it was sent before its process was gone, and only when it cannot be repeated: its
 * method is not idempotent (RFC 9110 section 9.2.2), its answer had begun, or its body is larger than what a gateway keeps.
 */
export function judge(tally: Tally, kills: readonly Kill[]): Verdict {
  const isExcused = (failure: Failure) =>
    kills.some(
      ({ instance, at, goneAt }) =>
        failure.unrepeatable &&
        failure.startedAt <= goneAt + lastThreadMs &&
        failure.failedAt >= at &&
        failure.failedAt <= goneAt + lossSeenMs &&
        (failure.instance ?? instance) === instance,
    );
  const [lost = [], failed = []] = [true, false].map((excused) =>
    tally.failures.filter((failure) => isExcused(failure) === excused),
  );
  return { lost, failed };
}

export function tellFailures(failures: readonly Failure[], from: number): string {
  return failures
    .slice(0, 40)
    .map(
      ({ kind, reason, startedAt, failedAt, instance }) =>
        `at ${Math.round(startedAt - from)} ms, for ${Math.round(failedAt - startedAt)} ms, ${kind}${instance === undefined ? "" : ` in ${instance}`}: ${reason}`,
    )
    .join("\n");
}

/** A status is written after what it tells: within this. */
const statusLagMs = 3_000;

/** What comes on a connection that was opened long ago is no new request: an instance that drains goes on with it. */
const kindsOnOpenConnections = new Set(["websocket", "events"]);

/**
 * Answers from a release that the app was not said to be served by around that time. While control is away nothing is said, and what
 * was said last, and first afterwards, counts.
 */
export function untruths(answers: readonly Answer[], samples: readonly ServingSample[]): readonly string[] {
  const wrong = answers.filter(({ kind, startedAt, endedAt, release }) => {
    if (kindsOnOpenConnections.has(kind)) return false;
    const said = around(samples, startedAt - statusLagMs, endedAt + statusLagMs);
    return !said.some(({ serving }) => serving.includes(release));
  });
  return wrong.map(
    ({ kind, release, instance, endedAt }) =>
      `${kind}: release ${release} (${instance}) answered at ${Math.round(endedAt)}`,
  );
}

/** Releases that were said to serve for long without that anything of them answered. */
export function idleClaims(answers: readonly Answer[], samples: readonly ServingSample[]): readonly string[] {
  const wrong: string[] = [];
  for (const release of new Set(samples.flatMap(({ serving }) => serving))) {
    const times = answers
      .filter((answer) => answer.release === release)
      .map(({ endedAt }) => endedAt)
      .toSorted((a, b) => a - b);
    for (const { at, serving } of samples) {
      if (!serving.includes(release)) continue;
      const isHeard = times.some((time) => Math.abs(time - at) <= statusLagMs);
      if (!isHeard) wrong.push(`release ${release} was said to serve at ${Math.round(at)}`);
    }
  }
  return wrong;
}

function around(samples: readonly ServingSample[], from: number, to: number): readonly ServingSample[] {
  const first = samples.findLastIndex(({ at }) => at < from);
  const after = samples.findIndex(({ askedAt }) => askedAt > to);
  return samples.slice(Math.max(0, first), after === -1 ? undefined : after + 1);
}

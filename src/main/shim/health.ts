import type { Component, Probe } from "#api/manifest.ts";
import type { Clock } from "#lib/clock.ts";

/** What becomes known of a running instance. */
export interface HealthReport {
  ready(): void;
  notReady(why: string): void;
  /** It is to be ended and started again. */
  dead(why: string): void;
}

export interface HealthWatch {
  readonly component: Component;
  /** Undefined when it passes, else why not. */
  readonly check: (probe: Probe) => Promise<string | undefined>;
  readonly report: HealthReport;
  readonly clock: Clock;
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/** While something starts it is looked at often, so that it serves as soon as it can. */
const startPauses = { firstMs: 15, growth: 1.2, maxMs: 250 } as const;
/** What has neither a port nor a check is ready when it has run this long. */
const readyWithoutCheckMs = 1_000;
const portCheck: Probe = { tcp: {}, intervalSeconds: 1, timeoutSeconds: 2, failures: 3, startSeconds: 60 };

/** Watches until the signal aborts: startup first, then readiness and liveness beside each other. */
export async function watchHealth(watch: HealthWatch): Promise<void> {
  const { component, report, signal } = watch;
  const { startup, liveness } = component.health;
  try {
    if (startup !== undefined) {
      const failure = await passesInTime(watch, startup);
      if (failure !== undefined) return report.dead(`did not start in ${startup.startSeconds} s: ${failure}`);
    }
    await Promise.all([
      watchReadiness(watch),
      // Without a startup check, the time to start is liveness's own.
      ...(liveness === undefined
        ? []
        : [watchLiveness(watch, liveness, startup === undefined ? liveness.startSeconds : 0)]),
    ]);
  } catch (error) {
    if (!signal.aborted) throw error; // the end of the watch is no fault
  }
}

async function watchReadiness(watch: HealthWatch): Promise<void> {
  const { component, report, clock, signal } = watch;
  const { startup, readiness } = component.health;
  if (readiness === undefined && startup !== undefined) return report.ready();
  if (readiness === undefined && !component.listens) {
    await clock.sleep(readyWithoutCheckMs, signal);
    return report.ready();
  }
  const probe = readiness ?? portCheck;
  const failure = await passesInTime(watch, probe);
  if (failure === undefined) report.ready();
  else report.notReady(`not ready after ${probe.startSeconds} s: ${failure}`);
  // A port that accepted once is not asked again: each question would be a connection that the app must take.
  if (readiness === undefined && failure === undefined) return;
  await watchChanges(watch, probe, failure === undefined);
}

async function watchChanges(watch: HealthWatch, probe: Probe, wasReady: boolean): Promise<void> {
  const { report, clock, signal } = watch;
  let isReady = wasReady;
  let failures = 0;
  // Bounded by the life of the process: the signal ends the sleep.
  for (;;) {
    await clock.sleep(probe.intervalSeconds * 1000, signal);
    const failure = await watch.check(probe);
    signal.throwIfAborted();
    failures = failure === undefined ? 0 : failures + 1;
    if (failure === undefined) {
      if (!isReady) report.ready();
      isReady = true;
      if (probe === portCheck) return;
    } else if (isReady && failures >= probe.failures) {
      report.notReady(failure);
      isReady = false;
    }
  }
}

async function watchLiveness(watch: HealthWatch, probe: Probe, startSeconds: number): Promise<void> {
  const { report, clock, signal } = watch;
  if (startSeconds > 0) await passesInTime(watch, probe); // whatever it says: from now on it counts
  let failures = 0;
  // Bounded by the life of the process: the signal ends the sleep.
  for (;;) {
    await clock.sleep(probe.intervalSeconds * 1000, signal);
    const failure = await watch.check(probe);
    signal.throwIfAborted();
    failures = failure === undefined ? 0 : failures + 1;
    if (failure !== undefined && failures >= probe.failures)
      return report.dead(`${failures} liveness checks failed in a row: ${failure}`);
  }
}

/** Undefined as soon as the check passes; the last failure when it does not within its time to start. */
async function passesInTime(watch: HealthWatch, probe: Probe): Promise<string | undefined> {
  const { clock, signal } = watch;
  const end = clock.monotonic() + probe.startSeconds * 1000;
  let pauseMs: number = startPauses.firstMs;
  // Bounded by the time to start.
  for (;;) {
    const failure = await watch.check(probe);
    signal.throwIfAborted();
    if (failure === undefined || clock.monotonic() >= end) return failure;
    await clock.sleep(pauseMs, signal);
    pauseMs = Math.min(pauseMs * startPauses.growth, startPauses.maxMs);
  }
}

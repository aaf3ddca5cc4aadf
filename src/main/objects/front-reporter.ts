import type { Signal } from "#api/incidents.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import { startReporting } from "#main/status/report.ts";
import type { RequestSignals } from "#objects/signals/request-signals.ts";

/** Tells the status process what the clients of this front meet. */
export function startFrontReporter(options: {
  readonly name: string;
  readonly socket: string;
  readonly requests: RequestSignals;
  /** Whether the catalog can be asked now; requests are held while it cannot. */
  readonly isConnected: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
}): { stop(isLeaving: boolean): Promise<void> } {
  const { name, socket, requests, isConnected, clock, log } = options;
  let awaySince: number | undefined;
  const signals = (): readonly Signal[] => {
    awaySince = isConnected() ? undefined : (awaySince ?? clock.now());
    return awaySince === undefined
      ? requests.signals()
      : [...requests.signals(), heldSignal(name, awaySince)];
  };
  return startReporting({ from: name, socket, signals, clock, log });
}

/** Latency alone: it is told when it lasts. */
function heldSignal(name: string, since: number): Signal {
  return {
    id: `away/${name}`,
    component: "objects",
    cause: "held-requests",
    effects: ["latency"],
    impact: "minor",
    since,
    affected: { everyone: true, projects: [] },
    detail: `${name} holds requests: the catalog does not answer`,
  };
}

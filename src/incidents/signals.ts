import type { Report, Signal } from "#api/incidents.ts";

/** A source that said nothing for so long is taken to be gone. It reports each second. */
export const silentAfterMs = 5_000;
/** Sources that are remembered; more are refused. */
export const sourcesMax = 64;

export interface Source {
  readonly from: string;
  readonly heardAt: number;
  readonly signals: readonly Signal[];
}

/** What is known of the sources. Times are of a clock that never goes back. */
export type Sources = ReadonlyMap<string, Source>;

/** Takes a report: it replaces what its source said before. */
export function hear(sources: Sources, report: Report, monotonicMs: number): Sources {
  if (!sources.has(report.from) && sources.size >= sourcesMax) return sources;
  return new Map(sources).set(report.from, {
    from: report.from,
    heardAt: monotonicMs,
    signals: report.signals,
  });
}

/** A source that stops on purpose, such as at `vdc down`, is not missed. */
export function leave(sources: Sources, from: string): Sources {
  const rest = new Map(sources);
  rest.delete(from);
  return rest;
}

/**
 * The signals that hold now. What a silent source said last still counts, because nobody said that it cleared; its silence is one more.
 * `now` is wall-clock time, for people.
 */
export function holding(sources: Sources, monotonicMs: number, now: number): ReadonlyMap<string, Signal> {
  const held = new Map<string, Signal>();
  for (const source of sources.values()) {
    for (const signal of source.signals) held.set(signal.id, signal);
    const silentMs = monotonicMs - source.heardAt;
    if (silentMs > silentAfterMs) held.set(`silence/${source.from}`, silenceOf(source.from, now - silentMs));
  }
  return held;
}

/** What the silence of a process means for clients: only the catalog and all fronts matter to objects. */
function silenceOf(from: string, since: number): Signal {
  const isStore = from === "catalog" || from.startsWith("objects");
  return {
    id: `silence/${from}`,
    component: isStore ? "objects" : from.startsWith("gateway") ? "apps" : "control",
    cause: "silence",
    effects: isStore ? ["latency", "availability"] : ["availability"],
    impact: isStore ? "major" : "minor",
    since: Math.max(0, Math.round(since)),
    affected: { everyone: true, projects: [] },
    detail: `${from} has not reported for ${silentAfterMs / 1000} s`,
  };
}

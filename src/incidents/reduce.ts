import {
  impacts,
  type Affected,
  type Effect,
  type Impact,
  type Incident,
  type IncidentStatus,
  type Signal,
} from "#api/incidents.ts";
import { isoTime } from "#lib/clock.ts";
import { textOf, titleOf } from "./words.ts";

/** Latency alone is told only when it lasts: one slow moment is nobody's trouble. */
export const latencyLastsMs = 2_000;
/** Signals must stay away for so long before an incident is resolved. */
export const clearForMs = 15_000;
/** One that comes back within this is reopened. */
export const reopenWithinMs = 10 * 60_000;
/** Incidents that are remembered; the oldest resolved ones go first. */
export const incidentsMax = 500;

/** An incident and what the reducer needs to go on. */
export interface OpenIncident {
  readonly incident: Incident;
  /** Ids of its signals that hold. */
  readonly signals: readonly string[];
  /** Since when none holds; wall clock. */
  readonly clearSince?: number;
}

export interface Step {
  readonly incidents: readonly OpenIncident[];
  /** Those with a new update, in the order they changed. */
  readonly told: readonly Incident[];
}

/** Takes what holds now and says which incidents there are. Pure; called each second and whenever a report changes something. */
export function reduce(
  before: readonly OpenIncident[],
  held: ReadonlyMap<string, Signal>,
  now: number,
  newId: () => string,
): Step {
  const told: Incident[] = [];
  const groups = groupByCause(held, now);
  const incidents = before.map((open) => {
    const key = groupOf(open.incident);
    const signals = groups.get(key);
    if (isClosed(open, now)) return open;
    groups.delete(key);
    const next = signals === undefined ? withoutSignals(open, now) : withSignals(open, signals, now);
    if (next.incident.updates.length > open.incident.updates.length) told.push(next.incident);
    return next;
  });
  for (const signals of groups.values()) {
    const incident = begin(signals, now, newId());
    incidents.push({ incident, signals: signals.map(({ id }) => id) });
    told.push(incident);
  }
  return { incidents: forgetOldest(incidents), told };
}

/** A manual incident is opened and closed by people; nothing of it holds as a signal. */
const isManual = ({ incident }: OpenIncident) => incident.cause === "manual";
function isClosed(open: OpenIncident, now: number): boolean {
  const { status, resolvedAt } = open.incident;
  if (isManual(open)) return true;
  return status === "resolved" && now - Date.parse(resolvedAt ?? "") > reopenWithinMs;
}

const groupOf = ({ component, cause }: Pick<Signal, "component" | "cause">) => `${component}/${cause}`;

function groupByCause(held: ReadonlyMap<string, Signal>, now: number): Map<string, Signal[]> {
  const groups = new Map<string, Signal[]>();
  for (const signal of held.values()) {
    const onlyLate = signal.effects.every((effect) => effect === "latency");
    if (onlyLate && now - signal.since < latencyLastsMs) continue;
    const key = groupOf(signal);
    groups.set(key, [...(groups.get(key) ?? []), signal]);
  }
  return groups;
}

function begin(signals: readonly Signal[], now: number, id: string): Incident {
  const all = summed(signals);
  const [{ component, cause } = missing()] = signals;
  const facts = { component, cause, ...all };
  const incident: Incident = {
    id,
    title: titleOf(facts),
    ...facts,
    status: "identified",
    startedAt: isoTime(Math.min(...signals.map(({ since }) => since))),
    openedAt: isoTime(now),
    updates: [],
  };
  return say(incident, "identified", now);
}

function missing(): never {
  throw new Error("a group has a signal");
}

function withSignals(open: OpenIncident, signals: readonly Signal[], now: number): OpenIncident {
  const { incident } = open;
  const all = summed(signals);
  const ids = signals.map(({ id }) => id);
  const grown: Incident = {
    ...incident,
    impact: worst(incident.impact, all.impact),
    effects: union(incident.effects, all.effects),
    affected: both(incident.affected, all.affected),
    details: all.details,
  };
  const isBack = incident.status === "monitoring" || incident.status === "resolved";
  const isWorse =
    grown.impact !== incident.impact ||
    grown.effects.length > incident.effects.length ||
    sizeOf(grown.affected) > sizeOf(incident.affected);
  if (!isBack && !isWorse) return { incident: { ...incident, details: all.details }, signals: ids };
  const { resolvedAt: _, ...unresolved } = grown;
  const titled = { ...unresolved, title: titleOf(grown) };
  return { incident: say(titled, "identified", now, isBack ? "back" : "worse"), signals: ids };
}

function withoutSignals(open: OpenIncident, now: number): OpenIncident {
  const { incident } = open;
  if (incident.status === "resolved") return open;
  if (open.clearSince === undefined)
    return { incident: say(incident, "monitoring", now), signals: [], clearSince: now };
  if (now - open.clearSince < clearForMs) return open;
  const resolved = say({ ...incident, resolvedAt: isoTime(now) }, "resolved", now);
  return { incident: resolved, signals: [], clearSince: open.clearSince };
}

function say(incident: Incident, status: IncidentStatus, now: number, turn?: "back" | "worse"): Incident {
  const said = { ...incident, status };
  const text = textOf(said, turn);
  return { ...said, updates: [...incident.updates, { at: isoTime(now), status, text }] };
}

function summed(signals: readonly Signal[]): Pick<Incident, "effects" | "impact" | "affected" | "details"> {
  return {
    effects: signals.map(({ effects }) => effects).reduce<Effect[]>(union, []),
    impact: signals.map(({ impact }) => impact).reduce(worst, "none"),
    affected: signals.map(({ affected }) => affected).reduce(both, { everyone: false, projects: [] }),
    details: signals.map(({ detail }) => detail).filter((detail) => detail !== ""),
  };
}

export const worst = (a: Impact, b: Impact): Impact => (impacts.indexOf(a) >= impacts.indexOf(b) ? a : b);
const union = <T>(a: readonly T[], b: readonly T[]): T[] => [...new Set([...a, ...b])];

/** An empty list of buckets is all of the project. */
function both(a: Affected, b: Affected): Affected {
  const projects = new Map(a.projects.map(({ project, buckets }) => [project, buckets]));
  for (const { project, buckets } of b.projects) {
    const known = projects.get(project);
    const isWhole = known?.length === 0 || buckets.length === 0;
    projects.set(project, isWhole ? [] : union(known ?? [], buckets).toSorted());
  }
  return {
    everyone: a.everyone || b.everyone,
    projects: [...projects].map(([project, buckets]) => ({ project, buckets })),
  };
}

/** Grows whenever somebody more is affected; a whole project counts more than any list of its buckets. */
function sizeOf(affected: Affected): number {
  const projects = affected.projects.map(
    ({ buckets }) => 1 + (buckets.length === 0 ? 10_000 : buckets.length),
  );
  return (affected.everyone ? 1e12 : 0) + projects.reduce((sum, size) => sum + size, 0);
}

function forgetOldest(incidents: readonly OpenIncident[]): readonly OpenIncident[] {
  const spare = incidents.length - incidentsMax;
  if (spare <= 0) return incidents;
  const ended = incidents.filter(({ incident }) => incident.status === "resolved").slice(0, spare);
  return incidents.filter((open) => !ended.includes(open));
}

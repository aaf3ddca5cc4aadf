import type { InstanceStatus } from "#api/kinds/instance.ts";
import type { Component } from "#api/manifest.ts";
import { isoTime } from "#lib/clock.ts";
import { canonicalJson } from "#lib/json.ts";
import type { InstanceObservation } from "../engine.ts";
import type { Instance } from "../observed.ts";
import type { InstanceTraffic } from "../ports.ts";
import { drainPollMs, isDrained } from "../rollout/drain.ts";

/** What a pass knows of one instance of this machine. */
export interface InstanceObserved {
  /** `PROJECT/NAME` */
  readonly key: string;
  /** Absent once it is gone. */
  readonly instance?: Instance;
  /** What its engine holds, when it holds something. */
  readonly held?: InstanceObservation;
  /** What engines hold under this name for resources that are gone. */
  readonly orphans: readonly InstanceObservation[];
  readonly component?: Component;
  /** Looked at only while it drains because it is deleted. */
  readonly traffic?: InstanceTraffic;
  /** Why the last start failed, when it did. */
  readonly startError?: string;
}

export type InstanceAction =
  | { readonly do: "start"; readonly instance: Instance }
  | { readonly do: "stop"; readonly id: string; readonly key: string; readonly graceMs: number }
  | { readonly do: "forget"; readonly id: string }
  | { readonly do: "finalize"; readonly instance: Instance }
  | { readonly do: "write-status"; readonly instance: Instance; readonly status: InstanceStatus }
  | { readonly do: "wait"; readonly key: string; readonly ms: number };

const defaultGraceMs = 10_000;

/**
 * What has to be done so that an engine holds what an instance's spec asks for, and so that its status says what the engine sees. Pure.
 *
 * Invariant: an instance that is deleted while it serves is stopped only when it has drained.
 */
export function planInstance(observed: InstanceObserved, now: number): readonly InstanceAction[] {
  const orphaned = observed.orphans.flatMap((orphan) => planEnd(observed, orphan, defaultGraceMs));
  const { instance, held, component } = observed;
  if (instance === undefined) return orphaned;
  const graceMs = component === undefined ? defaultGraceMs : component.stopGraceSeconds * 1000;
  if (instance.deletingSince !== undefined)
    return [...orphaned, ...planDeletion(observed, instance, graceMs, now)];
  const status = writeStatus(instance, instanceStatus(instance, observed, now));
  if (instance.spec.wanted === "stopped")
    return held === undefined || hasEnded(held)
      ? [...orphaned, ...status]
      : [...orphaned, ...status, { do: "stop", id: held.id, key: observed.key, graceMs }];
  const mayStart = instance.spec.wanted === "running" && (held === undefined || wasStopped(held));
  return [...orphaned, ...(mayStart ? ([{ do: "start", instance }] as const) : []), ...status];
}

/** What nobody names any more: it is stopped, and forgotten once it has ended. */
function planEnd(
  { key }: InstanceObserved,
  held: InstanceObservation,
  graceMs: number,
): readonly InstanceAction[] {
  return hasEnded(held) ? [{ do: "forget", id: held.id }] : [{ do: "stop", id: held.id, key, graceMs }];
}

function planDeletion(
  observed: InstanceObserved,
  instance: Instance,
  graceMs: number,
  now: number,
): readonly InstanceAction[] {
  const { held, traffic, component } = observed;
  if (held === undefined) return [{ do: "finalize", instance }];
  if (hasEnded(held))
    return [
      { do: "forget", id: held.id },
      { do: "finalize", instance },
    ];
  const status = writeStatus(instance, instanceStatus(instance, observed, now));
  const seen = new Map(traffic === undefined ? [] : [[instance.id, traffic]]);
  const since = instance.deletingSince ?? instance.updatedAt;
  const leaving = {
    ...instance,
    spec: { ...instance.spec, wantedSince: instance.spec.wantedSince ?? since },
  };
  if (instance.spec.wanted !== "stopped" && !isDrained(leaving, { traffic: seen, component, now }))
    return [...status, { do: "wait", key: observed.key, ms: drainPollMs }];
  return [...status, { do: "stop", id: held.id, key: observed.key, graceMs }];
}

function hasEnded({ phase, pid }: InstanceObservation): boolean {
  return pid === undefined && (phase === "stopped" || phase === "failed");
}

/** Stopped by somebody who is not its app: `vdc down`, which stops all instances of a machine. What ended by itself rests. */
function wasStopped(held: InstanceObservation): boolean {
  return hasEnded(held) && held.lastExit?.reason === "stopped";
}

function writeStatus(instance: Instance, status: InstanceStatus): readonly InstanceAction[] {
  return canonicalJson(status) === canonicalJson(instance.status)
    ? []
    : [{ do: "write-status", instance, status }];
}

/** What the engine sees, in the words of the resource. Figures that change all the time are not in it. */
export function instanceStatus(instance: Instance, observed: InstanceObserved, now: number): InstanceStatus {
  const { held, startError } = observed;
  const { wanted } = instance.spec;
  const observedGeneration = instance.generation;
  if (held === undefined) {
    if (wanted === "stopped") return { phase: "stopped", observedGeneration };
    if (startError === undefined) return { ...instance.status, phase: "pending", observedGeneration };
    const known = instance.status.phase === "failed" && instance.status.reason === startError;
    const at = known ? (instance.status.lastExit?.at ?? isoTime(now)) : isoTime(now);
    const lastExit = { at, reason: "could-not-start" as const, detail: startError };
    return { phase: "failed", reason: startError, lastExit, observedGeneration };
  }
  const { phase, reason, address, port, startedAt, readyAt, nextStartAt, restarts, lastExit, pid, account } =
    held;
  const shown = wanted === "stopped" && hasEnded(held) ? "stopped" : phase;
  const isLeaving = wanted !== "running" || instance.deletingSince !== undefined;
  return {
    phase: isLeaving && (phase === "ready" || phase === "unhealthy") ? "draining" : shown,
    ...(reason === undefined ? {} : { reason }),
    address,
    port,
    ...(account === undefined ? {} : { account }),
    ...(startedAt === undefined ? {} : { startedAt: isoTime(startedAt) }),
    ...(readyAt === undefined ? {} : { readyAt: isoTime(readyAt) }),
    restarts,
    ...(lastExit === undefined ? {} : { lastExit }),
    ...(nextStartAt === undefined ? {} : { nextStartAt: isoTime(nextStartAt) }),
    ...(pid === undefined ? {} : { pid }),
    protections: [...held.protections],
    observedGeneration,
  };
}

import type { Component } from "#api/manifest.ts";
import type { AppAction } from "../actions.ts";
import type { Instance } from "../observed.ts";
import type { InstanceTraffic } from "../ports.ts";

/** How long an instance may go on with what it serves, beyond the grace of its stop. */
export const drainDeadlineMs = 60_000;
/** Gateways hear of a new instance within this; one that they do not know by then serves nobody. */
export const gatewaysKnowMs = 1_000;
/** A snapshot that was on its way when the instance began to drain has reached the gateways by then. */
export const settleMs = 100;
/** How often a pass asks again whether an instance that drains still serves. */
export const drainPollMs = 200;

export interface DrainContext {
  readonly traffic: ReadonlyMap<string, InstanceTraffic>;
  readonly component: Component | undefined;
  readonly now: number;
}

/** Draining → stopped → gone. An instance is never stopped while it serves, until its deadline. */
export function planDraining(instance: Instance, context: DrainContext): readonly AppAction[] {
  if (instance.deletingSince !== undefined) return [];
  const { wanted } = instance.spec;
  if (wanted === "draining" && isDrained(instance, context))
    return [{ do: "set-wanted", instance, wanted: "stopped" }];
  if (wanted === "stopped" && hasEnded(instance)) return [{ do: "delete-instance", instance }];
  return [];
}

/** Whether nothing of it is served any more, or it had its time. */
export function isDrained(instance: Instance, context: DrainContext): boolean {
  const { traffic, component, now } = context;
  if (component?.listens === false) return true;
  const since = Date.parse(instance.spec.wantedSince ?? instance.deletingSince ?? instance.updatedAt);
  const graceMs = (component?.stopGraceSeconds ?? 10) * 1000;
  if (now - since >= graceMs + drainDeadlineMs) return true;
  if (instance.status.readyAt !== undefined && now - since < settleMs) return false;
  const seen = traffic.get(instance.id);
  if (seen !== undefined) return seen.draining && seen.inFlight === 0;
  return instance.status.readyAt === undefined || now - since >= gatewaysKnowMs;
}

function hasEnded({ status }: Instance): boolean {
  return status.phase === "stopped";
}

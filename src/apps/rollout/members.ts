import type { Component } from "#api/manifest.ts";
import type { Instance } from "../observed.ts";
import type { Copy } from "./roll.ts";

/** Whether it is meant to run: neither draining nor on its way out. */
export function isActive(instance: Instance): boolean {
  return instance.spec.wanted === "running" && instance.deletingSince === undefined;
}

/** Serves now; or, for a component that ends by itself, has ended well. */
export function isReady(instance: Instance, component: Component | undefined): boolean {
  return instance.status.phase === "ready" || isDone(instance, component);
}

/** A component that is not started again when it ends well has done its work then. */
export function isDone(instance: Instance, component: Component | undefined): boolean {
  const { phase, lastExit } = instance.status;
  return (
    component !== undefined &&
    component.restart !== "always" &&
    phase === "stopped" &&
    lastExit?.reason === "exited" &&
    (lastExit.code ?? 0) === 0
  );
}

/** When it will have been ready for `watchMs`; undefined while it is not ready. */
export function watchedAt(
  instance: Instance,
  component: Component | undefined,
  watchMs: number,
): number | undefined {
  if (isDone(instance, component)) return 0;
  if (instance.status.phase !== "ready") return undefined;
  const since = instance.status.readyAt ?? instance.updatedAt;
  return Date.parse(since) + watchMs;
}

/** Since when its present start has been under way. */
export function startingSince(instance: Instance): number {
  return Date.parse(instance.status.startedAt ?? instance.createdAt);
}

export function copyOf(
  instance: Instance,
  context: {
    readonly release: number;
    readonly component: Component | undefined;
    /** Names of instances that have nothing to do. */
    readonly spare: readonly string[];
    readonly watchMs: number;
    readonly now: number;
  },
): Copy {
  const { release, component, spare, watchMs, now } = context;
  const isNew = instance.spec.release === release && instance.spec.replace !== true;
  const watched = watchedAt(instance, component, isNew ? watchMs : 0);
  return {
    id: instance.id,
    isNew,
    isReady: isReady(instance, component),
    isWatched: watched !== undefined && watched <= now,
    isSpare: spare.includes(instance.name),
    createdAt: Date.parse(instance.createdAt),
  };
}

import type { PoolState, RolloutPolicy } from "#api/kinds/app.ts";
import type { Component } from "#api/manifest.ts";
import type { InstanceStart } from "../actions.ts";
import type { App, AppObserved, Instance, Release } from "../observed.ts";
import { canaryCount, type CanaryStep } from "./canary.ts";
import { copyOf, isActive, isReady, watchedAt } from "./members.ts";
import { roll, type Copy } from "./roll.ts";
import { wantedCount } from "./target.ts";

export interface MoveInput {
  readonly app: App;
  readonly target: Release;
  readonly components: ReadonlyMap<string, Component>;
  /** Components that a scaler sizes. */
  readonly pools: readonly PoolState[];
  readonly instances: readonly Instance[];
  readonly placements: AppObserved["placements"];
  readonly policy: RolloutPolicy;
  /** How long a new copy is watched before it counts; 0 outside of a rollout. */
  readonly watchMs: number;
  readonly canary?: CanaryStep;
  readonly mayStart: boolean;
  readonly mayDrainOld: boolean;
  /** Whether instances that failed for good are replaced: in a rollout they fail it instead. */
  readonly replacesFailed: boolean;
  readonly now: number;
}

export interface Moves {
  readonly starts: readonly InstanceStart[];
  readonly drains: readonly Instance[];
  /** Every copy that is wanted is there and was watched, and nothing old is left. */
  readonly isComplete: boolean;
  /** What the canary's step, or else the whole, wants of new copies is there and was watched. */
  readonly isNewWatched: boolean;
  /** Of each component at least one new copy was watched. */
  readonly hasProof: boolean;
  readonly counts: {
    readonly wanted: number;
    readonly watched: number;
    readonly old: number;
    readonly ready: number;
  };
  /** When time alone changes something. */
  readonly nextAt?: number;
  /** Why something cannot be started. */
  readonly blocked?: string;
}

interface ComponentMoves {
  readonly starts: readonly InstanceStart[];
  readonly drains: readonly Instance[];
  readonly copies: readonly Copy[];
  readonly wanted: number;
  readonly wantedNew: number;
  readonly nextAt: number;
  readonly blocked?: string;
}

/** The next moves of all components of an app towards one release. Pure. */
export function moveTo(input: MoveInput): Moves {
  const each = [...input.components.values()].map((component) => moveComponent(component, input));
  const isNewWatched = each.every(
    ({ copies, wantedNew }) => copies.filter((copy) => copy.isNew && copy.isWatched).length >= wantedNew,
  );
  const removed = input.instances.filter(
    (instance) => isActive(instance) && !input.components.has(instance.spec.component),
  );
  const isWhole = each.every(
    ({ copies, wanted }) => copies.length === wanted && copies.every((copy) => copy.isNew && copy.isWatched),
  );
  const nextAt = Math.min(...each.map((one) => one.nextAt), Infinity);
  const blocked = each.find((one) => one.blocked !== undefined)?.blocked;
  return {
    starts: each.flatMap((one) => one.starts),
    // What the new release has no word for goes once the rest of it is there.
    drains: [...each.flatMap((one) => one.drains), ...(isWhole ? removed : [])],
    isComplete: isWhole && removed.length === 0,
    isNewWatched,
    hasProof: each.every(
      ({ copies, wanted }) => wanted === 0 || copies.some((copy) => copy.isNew && copy.isWatched),
    ),
    counts: countsOf(each, removed.length),
    ...(nextAt === Infinity ? {} : { nextAt }),
    ...(blocked === undefined ? {} : { blocked }),
  };
}

function countsOf(each: readonly ComponentMoves[], removed: number): Moves["counts"] {
  const sum = (of: (one: ComponentMoves) => number) => each.reduce((total, one) => total + of(one), 0);
  const fresh = (one: ComponentMoves) => one.copies.filter((copy) => copy.isNew);
  return {
    wanted: sum((one) => one.wanted),
    watched: sum((one) => Math.min(one.wanted, fresh(one).filter((copy) => copy.isWatched).length)),
    ready: sum((one) => Math.min(one.wanted, fresh(one).filter((copy) => copy.isReady).length)),
    old: sum((one) => one.copies.length - fresh(one).length) + removed,
  };
}

function moveComponent(component: Component, input: MoveInput): ComponentMoves {
  const { app, target, policy, watchMs, now, canary } = input;
  const wanted = wantedCount(app.spec, component, input.pools);
  const wantedNew = canary === undefined ? wanted : canaryCount(wanted, canary);
  const own = input.instances.filter(({ spec }) => spec.component === component.name);
  const failed = input.replacesFailed
    ? own.filter((one) => isActive(one) && one.status.phase === "failed")
    : [];
  const over = failed.filter((one) => replaceAt(one) <= now);
  const active = own.filter((one) => isActive(one) && !over.includes(one));
  const spare = input.pools.find((pool) => pool.component === component.name)?.spare ?? [];
  const context = { release: target.spec.number, component, spare, watchMs, now };
  const copies = active.map((instance) => copyOf(instance, context));
  const placement = input.placements.get(`${target.spec.number}/${component.name}`);
  const next = roll({
    copies,
    wanted,
    wantedNew,
    maxSurge: policy.maxSurge,
    maxUnavailable: policy.maxUnavailable,
    isAllAtOnce: policy.strategy === "all-at-once",
    oldPresent: own.filter((one) => !isActive(one) && one.status.phase !== "stopped").length,
    mayStart: input.mayStart && placement?.can === true && dependenciesAllow(component, input),
    mayDrainOld: input.mayDrainOld,
  });
  const attempt = Math.max(0, ...over.map((one) => (one.spec.attempt ?? 0) + 1));
  const place = placement?.can === true ? placement : undefined;
  return {
    starts:
      next.start === 0 || place === undefined
        ? []
        : [
            {
              component: component.name,
              release: target.spec.number,
              engine: place.engine,
              machine: place.machine,
              count: next.start,
              attempt,
            },
          ],
    drains: [...over, ...active.filter((one) => next.drain.includes(one.id))],
    copies: [...copies, ...over.map((one) => copyOf(one, context))],
    wanted,
    wantedNew,
    nextAt: nextTime(failed, active, component, input),
    ...(placement?.can === false && wanted > 0
      ? { blocked: `Component ${component.name} cannot run here: ${placement.reason}` }
      : {}),
  };
}

function nextTime(
  failed: readonly Instance[],
  active: readonly Instance[],
  component: Component,
  { watchMs, now }: MoveInput,
): number {
  const times = [
    ...failed.map(replaceAt),
    ...active.map((one) => watchedAt(one, component, watchMs) ?? Infinity),
  ];
  return Math.min(...times.filter((at) => at > now), Infinity);
}

/** An instance that failed for good is replaced after 5 s, and after twice as long each time that this happens again. */
function replaceAt(instance: Instance): number {
  const delayMs = Math.min(maxReplaceDelayMs, 5_000 * 2 ** Math.min(instance.spec.attempt ?? 0, 10));
  return Date.parse(instance.status.lastExit?.at ?? instance.updatedAt) + delayMs;
}

const maxReplaceDelayMs = 300_000;

/** Whether what it depends on is there, of the same release. A component that is scaled to zero is not waited for. */
function dependenciesAllow(component: Component, input: MoveInput): boolean {
  return component.dependsOn.every(({ component: name, until }) => {
    const dependency = input.components.get(name);
    if (dependency === undefined || wantedCount(input.app.spec, dependency, input.pools) === 0) return true;
    const there = input.instances.filter(
      (one) => one.spec.component === name && one.spec.release === input.target.spec.number && isActive(one),
    );
    return until === "ready"
      ? there.some((one) => isReady(one, dependency))
      : there.some((one) => one.status.startedAt !== undefined);
  });
}

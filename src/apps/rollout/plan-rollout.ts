import { isoTime } from "#lib/clock.ts";
import type { AppAction, DeployEnding, DeployStep, HookName } from "../actions.ts";
import type { Release } from "../observed.ts";
import { operationRelease } from "../release/deploy-operation.ts";
import type { World } from "../world.ts";
import { judge } from "./gates.ts";
import { planHook, wasRun } from "./hooks.ts";
import { moveTo, type Moves } from "./move.ts";
import { componentsOf, packageOf } from "./target.ts";

export interface Rollout {
  readonly actions: readonly AppAction[];
  /** A rollout or a rollback goes on. */
  readonly isUnderWay: boolean;
  readonly nextAt?: number;
  /** What it does or waits for, for people. */
  readonly step?: string;
  /** Why something cannot be brought about. */
  readonly blocked?: string;
}

const nothing: Rollout = { actions: [], isUnderWay: false };

/** The next step of what the newest release's phase asks for. Pure. */
export function planRollout(world: World): Rollout {
  const { app, newest } = world;
  if (newest === undefined) return nothing;
  if (app.spec.stopped) return stop(world, newest);
  if (app.spec.paused) return { ...nothing, step: "paused" };
  switch (newest.status.phase) {
    case "pending":
    case undefined:
      return begin(world, newest);
    case "rolling-out":
      return rollOut(world, newest);
    case "rolling-back":
      return rollBack(world, newest);
    default:
      return keep(world, newest);
  }
}

function stop(world: World, newest: Release): Rollout {
  const { active, now } = world;
  const drains = active.map((instance): AppAction => ({ do: "set-wanted", instance, wanted: "draining" }));
  const { phase } = newest.status;
  if (phase === "rolling-out") {
    const { canaryStep: _, stepSince: _since, ...status } = newest.status;
    const write: AppAction = {
      do: "write-release",
      release: newest,
      status: { ...status, phase: "pending" },
    };
    return { ...nothing, actions: [...drains, write, ...endDeploy(world, { state: "cancelled" })] };
  }
  if (phase !== "rolling-back") return { ...nothing, actions: drains };
  return { ...nothing, actions: [...drains, ...rolledBack(world, newest, now)] };
}

function begin(world: World, newest: Release): Rollout {
  const { app, observed, now } = world;
  const started = { ...newest.status, phase: "rolling-out" as const, startedAt: isoTime(now) };
  const hasOperation =
    observed.operation !== undefined && operationRelease(observed.operation) === newest.spec.number;
  return {
    actions: [
      { do: "write-release", release: newest, status: started },
      ...(hasOperation ? [] : [{ do: "begin-deploy", app, release: newest } as const]),
    ],
    isUnderWay: true,
    step: "preparing the release",
  };
}

function rollOut(world: World, newest: Release): Rollout {
  const { app, observed, good, now, canary } = world;
  const found = packageOf(newest, observed.packages);
  if (found === undefined)
    return fail(world, newest, `Package ${newest.spec.package} of the release is gone.`);
  const hook = (name: HookName, isNeeded: boolean) =>
    planHook(name, { app, release: newest, package: found, isNeeded, hooks: observed.hooks });
  const before = [
    hook("install", good === undefined && !wasRun(observed.releases, "install")),
    hook("upgrade", good !== undefined && good.spec.packageDigest !== newest.spec.packageDigest),
  ];
  for (const state of before) {
    if (state.kind === "failed") return fail(world, newest, state.reason);
    if (state.kind === "pending") return waitFor(world, state.actions, "prepare", "running a hook");
  }
  const judged = judge({
    instances: world.active.filter(({ spec }) => spec.release === newest.spec.number),
    components: world.components,
    policy: app.spec.rollout,
    traffic: observed.traffic,
    now,
  });
  if (judged.kind === "failed") return fail(world, newest, judged.reason);
  const late = overdue(world, newest);
  if (late !== undefined) return fail(world, newest, late);
  const look = (mayDrainOld: boolean) =>
    moveTo({
      ...moveInput(world, newest),
      watchMs: watchMsOf(world),
      ...(canary === undefined ? {} : { canary }),
      mayDrainOld,
      replacesFailed: false,
    });
  const isVerified = hook("verify", true);
  if (isVerified.kind === "failed") return fail(world, newest, isVerified.reason);
  const moves = look(isVerified.kind === "passed");
  if (moves.blocked !== undefined) return fail(world, newest, moves.blocked);
  if (isVerified.kind === "pending" && moves.hasProof)
    return goOn(world, moves, [...isVerified.actions], judged.nextAt);
  if (moves.isComplete) return finish(world, newest);
  return goOn(world, moves, canaryActions(world, newest, moves), judged.nextAt);
}

/**
 * A first install replaces nothing, so nobody loses by seeing it early: it is watched just long enough to catch what ends right
 * after it began.
 */
function watchMsOf({ app, good }: World): number {
  const watchMs = app.spec.rollout.watchSeconds * 1000;
  return good === undefined ? Math.min(watchMs, firstWatchMs) : watchMs;
}

const firstWatchMs = 1_000;

/** A rollout that could not even start its instances (a quota) does not wait for ever. */
function overdue({ app, observed, now }: World, newest: Release): string | undefined {
  const { startedAt } = newest.status;
  if (observed.note === undefined || startedAt === undefined) return undefined;
  const deadline = Date.parse(startedAt) + app.spec.rollout.readyWithinSeconds * 1000;
  return now < deadline ? undefined : observed.note;
}

/** A canary's step begins when all that it wants is there, and ends after its time. */
function canaryActions({ canary, now }: World, newest: Release, moves: Moves): readonly AppAction[] {
  if (canary === undefined || !moves.isNewWatched) return [];
  const { stepSince: _, ...status } = newest.status;
  if (canary.since === undefined)
    return [
      {
        do: "write-release",
        release: newest,
        status: { ...status, canaryStep: canary.index, stepSince: isoTime(now) },
      },
    ];
  if (now < canary.since + canary.seconds * 1000) return [];
  return [{ do: "write-release", release: newest, status: { ...status, canaryStep: canary.index + 1 } }];
}

function goOn(world: World, moves: Moves, more: readonly AppAction[], deadline: number | undefined): Rollout {
  const { canary } = world;
  const { step, line } = stepOf(world, moves);
  const ends = canary?.since === undefined ? Infinity : canary.since + canary.seconds * 1000;
  const nextAt = Math.min(moves.nextAt ?? Infinity, deadline ?? Infinity, ends);
  return {
    actions: [...more, ...movesToActions(world, moves), ...showDeploy(world, step, percentOf(moves), line)],
    isUnderWay: true,
    step: line,
    ...(nextAt === Infinity ? {} : { nextAt }),
  };
}

function stepOf({ canary }: World, { counts, isNewWatched }: Moves): { step: DeployStep; line: string } {
  const { wanted, watched, ready, old } = counts;
  if (canary !== undefined && isNewWatched)
    return { step: "check", line: `canary with ${canary.sharePercent} % of the requests` };
  if (watched > 0 && old > 0) return { step: "switch", line: `${watched} of ${wanted} instances switched` };
  if (ready > 0) return { step: "check", line: `${ready} of ${wanted} instances ready, being watched` };
  return { step: "start", line: `waiting for the first of ${wanted} instances to become ready` };
}

/** New instances are most of the way; the old ones that go are the rest. */
function percentOf({ counts: { wanted, ready, watched, old } }: Moves): number {
  if (wanted === 0) return 90;
  const come = (0.3 * ready + 0.4 * watched) / wanted;
  const gone = 0.2 * (old === 0 ? 1 : watched / (watched + old));
  return 10 + (come + gone * come) * 100;
}

function finish(world: World, newest: Release): Rollout {
  const { app, now } = world;
  const { stepSince: _, canaryStep: _step, ...kept } = newest.status;
  const status = { ...kept, phase: "serving" as const, finishedAt: isoTime(now) };
  return {
    actions: [
      { do: "write-release", release: newest, status },
      ...showDeploy(world, "finish", 99, "every instance is of the new release"),
      ...endDeploy(world, { state: "succeeded" }),
      tell(world, "app.deployed", "info", `Release ${newest.spec.number} of app ${app.name} serves.`),
    ],
    isUnderWay: true,
  };
}

function fail(world: World, newest: Release, reason: string): Rollout {
  const { app, good, now } = world;
  const goesBack = good !== undefined && app.spec.rollout.rollBack;
  const phase = goesBack ? ("rolling-back" as const) : ("failed" as const);
  const finished = goesBack ? {} : { finishedAt: isoTime(now) };
  const status = { ...newest.status, phase, reason: reason.slice(0, maxReason), ...finished };
  const what = goesBack ? `; going back to release ${good.spec.number}` : "";
  const message = `Release ${newest.spec.number} of app ${app.name} failed: ${reason}${what}`;
  return {
    actions: [
      { do: "write-release", release: newest, status },
      ...(goesBack ? [] : endDeploy(world, { state: "failed", reason })),
      tell(world, "app.release-failed", "error", message),
    ],
    isUnderWay: goesBack,
  };
}

const maxReason = 1_000;

function rollBack(world: World, newest: Release): Rollout {
  const { good, observed, now } = world;
  if (good === undefined || packageOf(good, observed.packages) === undefined)
    return { ...nothing, blocked: "There is no release left to go back to." };
  const moves = moveTo({ ...moveInput(world, good), watchMs: 0, mayDrainOld: true, replacesFailed: true });
  if (moves.isComplete) return { ...nothing, actions: rolledBack(world, newest, now), isUnderWay: true };
  const line = `going back to release ${good.spec.number}`;
  return {
    actions: [...movesToActions(world, moves), ...showDeploy(world, "switch", percentOf(moves), line)],
    isUnderWay: true,
    step: line,
    ...(moves.nextAt === undefined ? {} : { nextAt: moves.nextAt }),
    ...(moves.blocked === undefined ? {} : { blocked: moves.blocked }),
  };
}

function rolledBack(world: World, newest: Release, now: number): readonly AppAction[] {
  const { app, good } = world;
  const reason = newest.status.reason ?? "It failed.";
  const status = { ...newest.status, phase: "rolled-back" as const, finishedAt: isoTime(now) };
  const message = `App ${app.name} is back at release ${good?.spec.number ?? 0}: ${reason}`;
  return [
    { do: "write-release", release: newest, status },
    ...endDeploy(world, { state: "failed", reason: `Rolled back: ${reason}` }),
    tell(world, "app.rolled-back", "warning", message),
  ];
}

/** Outside of a rollout: as many instances as are wanted, and new ones for those that failed for good. */
function keep(world: World, newest: Release): Rollout {
  const { target } = world;
  if (target === undefined) return nothing;
  const moves = moveTo({ ...moveInput(world, target), watchMs: 0, mayDrainOld: true, replacesFailed: true });
  const isHealed = newest === target && newest.status.phase === "failed" && moves.isComplete;
  const { reason: _, ...status } = newest.status;
  return {
    actions: [
      ...(isHealed
        ? [{ do: "write-release", release: newest, status: { ...status, phase: "serving" } } as const]
        : []),
      ...movesToActions(world, moves),
    ],
    isUnderWay: false,
    ...(moves.nextAt === undefined ? {} : { nextAt: moves.nextAt }),
    ...(moves.blocked === undefined ? {} : { blocked: moves.blocked }),
  };
}

function moveInput(world: World, target: Release) {
  const { app, observed, now } = world;
  return {
    app,
    target,
    components: componentsOf(target, observed.packages),
    pools: world.pools,
    instances: observed.instances,
    placements: observed.placements,
    policy: app.spec.rollout,
    mayStart: true,
    now,
  };
}

function movesToActions({ app }: World, moves: Moves): readonly AppAction[] {
  return [
    ...moves.drains.map((instance): AppAction => ({ do: "set-wanted", instance, wanted: "draining" })),
    ...moves.starts.map((start): AppAction => ({ do: "start-instances", app, start })),
  ];
}

function waitFor(world: World, actions: readonly AppAction[], step: DeployStep, line: string): Rollout {
  return { actions: [...actions, ...showDeploy(world, step, 5, line)], isUnderWay: true, step: line };
}

function showDeploy(
  { observed: { operation } }: World,
  step: DeployStep,
  percent: number,
  line: string,
): readonly AppAction[] {
  return operation === undefined ? [] : [{ do: "show-deploy", operation, step, percent, line }];
}

function endDeploy({ observed: { operation } }: World, ending: DeployEnding): readonly AppAction[] {
  return operation === undefined ? [] : [{ do: "end-deploy", operation, ending }];
}

function tell(
  { app }: World,
  type: string,
  severity: "info" | "warning" | "error",
  message: string,
): AppAction {
  return { do: "tell", app, event: { type, severity, message: message.slice(0, 2 * maxReason) } };
}

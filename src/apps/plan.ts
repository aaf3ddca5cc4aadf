import { isoTime } from "#lib/clock.ts";
import type { Operation } from "#api/records.ts";
import type { AppAction, DeployEnding } from "./actions.ts";
import { planNeeds } from "./needs.ts";
import type { App, AppObserved, Release } from "./observed.ts";
import { operationRelease } from "./release/deploy-operation.ts";
import { releaseContents, releaseDifference, sameContents } from "./release/contents.ts";
import { planHistory } from "./release/history.ts";
import { releaseName } from "./names.ts";
import { drainPollMs, planDraining } from "./rollout/drain.ts";
import { planRollout, type Rollout } from "./rollout/plan-rollout.ts";
import { componentsOf, needsRelease, packageOf } from "./rollout/target.ts";
import { planStatus } from "./status.ts";
import { worldOf, type World } from "./world.ts";

/**
 * What has to be done so that an app is what its spec asks for. Pure: the same observation gives the same actions.
 *
 * Invariant: an instance that serves is drained before it is stopped. Invariant: the spec of an app is never written here.
 */
export function planApp(observed: AppObserved, now: number): readonly AppAction[] {
  const { app, operation } = observed;
  if (app === undefined)
    return operation === undefined ? [] : [{ do: "end-deploy", operation, ending: { state: "cancelled" } }];
  if (app.deletingSince !== undefined) return planDeletion(observed, app);
  const world = worldOf(observed, app, now);
  const made = planRelease(world);
  if (made.length > 0) return made;
  const rollout = planRollout(world);
  const draining = observed.instances.flatMap((instance) =>
    planDraining(instance, {
      traffic: observed.traffic,
      component: componentOfInstance(world, instance.spec.release, instance.spec.component),
      now,
    }),
  );
  return [
    ...planOutdated(world),
    ...(world.problems.length === 0 ? planNeeds(world) : []),
    ...rollout.actions,
    ...draining,
    ...planStatus(world, rollout),
    ...planHistory(world),
    ...planWait(world, rollout),
  ];
}

/** A new release when the spec asks for one, can have it, and nothing is paused. */
function planRelease(world: World): readonly AppAction[] {
  const { app, newest, observed, problems } = world;
  const named = world.package;
  if (named === undefined || problems.length > 0 || app.spec.paused) return [];
  if (!needsRelease(app.spec, named.spec.digest, newest)) return [];
  const number = (newest?.spec.number ?? 0) + 1;
  const { rollbackOf } = app.spec;
  const repeated = observed.releases.find((release) => release.spec.number === rollbackOf);
  const repeats = repeated !== undefined && sameContents(repeated.spec.appSpec, app.spec);
  const name = releaseName(app.name, number);
  return [
    {
      do: "make-release",
      app,
      name,
      spec: {
        app: app.name,
        number,
        package: named.name,
        packageDigest: named.spec.digest,
        version: named.spec.manifest.version,
        appSpec: releaseContents(app.spec),
        appGeneration: app.generation,
        difference: releaseDifference(newest?.spec.appSpec, app.spec),
        ...(repeats && rollbackOf !== undefined ? { rollbackOf } : {}),
        by: observed.by,
      },
    },
    {
      do: "tell",
      app,
      event: {
        type: "app.release-made",
        severity: "info",
        message: `Release ${number} of app ${app.name} was made: package ${named.name}, version ${named.spec.manifest.version}.`,
      },
    },
  ];
}

/** Releases that a newer one overtook, and the operation of one of them. */
function planOutdated({ app, observed, newest, now }: World): readonly AppAction[] {
  const { operation, releases } = observed;
  const actions: AppAction[] = [];
  for (const release of releases) {
    const { phase } = release.status;
    const isUnfinished = phase === "pending" || phase === "rolling-out" || phase === "rolling-back";
    const isOvertaken = phase === "serving" && newest?.status.phase === "serving";
    if (release === newest || !(isUnfinished || isOvertaken)) continue;
    const status = {
      ...release.status,
      phase: isOvertaken ? ("superseded" as const) : ("cancelled" as const),
      ...(isOvertaken ? {} : { finishedAt: isoTime(now) }),
    };
    actions.push({ do: "write-release", release, status });
  }
  const ending = operation === undefined ? undefined : leftEnding(operation, app, newest);
  if (operation !== undefined && ending !== undefined) actions.push({ do: "end-deploy", operation, ending });
  return actions;
}

/** How an operation ends whose release has ended already: a process died between the two. */
function leftEnding(operation: Operation, app: App, newest: Release | undefined): DeployEnding | undefined {
  if (operationRelease(operation) !== newest?.spec.number) return { state: "cancelled" };
  const { phase, reason = "It failed." } = newest?.status ?? {};
  if (phase === "serving" || phase === "superseded") return { state: "succeeded" };
  if (phase === "rolled-back" || phase === "failed") return { state: "failed", reason };
  return phase === "pending" && app.spec.stopped ? { state: "cancelled" } : undefined;
}

/** Its instances and routes are deleted with it (they have it as their owner); each instance drains before it ends. */
function planDeletion({ operation, instances, ownedRoutes }: AppObserved, app: App): readonly AppAction[] {
  const ending: readonly AppAction[] =
    operation === undefined ? [] : [{ do: "end-deploy", operation, ending: { state: "cancelled" } }];
  const left = instances.length + ownedRoutes.length;
  const wait: AppAction = { do: "wait", app, ms: deletionPollMs };
  const phase: readonly AppAction[] =
    app.status.phase === "deleting"
      ? []
      : [
          { do: "write-status", app, status: { ...app.status, phase: "deleting", servingReleases: [] } },
          {
            do: "tell",
            app,
            event: {
              type: "app.removal-begun",
              severity: "info",
              message: `App ${app.name} is being removed; its volumes and secrets stay until they are deleted by name.`,
            },
          },
        ];
  return [...ending, ...phase, left === 0 ? { do: "finalize", app } : wait];
}

const deletionPollMs = 500;

function planWait(world: World, rollout: Rollout): readonly AppAction[] {
  const { app, observed, now } = world;
  const isDraining = observed.instances.some(({ spec }) => spec.wanted === "draining");
  const times = [
    ...(rollout.nextAt === undefined ? [] : [Math.max(minWaitMs, rollout.nextAt - now)]),
    ...(isDraining ? [drainPollMs] : []),
    ...(rollout.isUnderWay ? [maxWaitMs] : []),
  ];
  return times.length === 0 ? [] : [{ do: "wait", app, ms: Math.min(...times) }];
}

const minWaitMs = 50;
/** While a rollout runs it is looked at this often, whatever else happens: error rates come with no event. */
const maxWaitMs = 1_000;

function componentOfInstance({ observed }: World, number: number, name: string) {
  const release = observed.releases.find(({ spec }) => spec.number === number);
  if (release === undefined || packageOf(release, observed.packages) === undefined) return undefined;
  return componentsOf(release, observed.packages).get(name);
}

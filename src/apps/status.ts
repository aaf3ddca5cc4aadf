import type { AppStatus } from "#api/kinds/app.ts";
import { canonicalJson } from "#lib/json.ts";
import type { AppAction } from "./actions.ts";
import type { Instance } from "./observed.ts";
import { isActive, isReady } from "./rollout/members.ts";
import type { Rollout } from "./rollout/plan-rollout.ts";
import { componentsOf, lastGoodOf, wantedCount } from "./rollout/target.ts";
import type { World } from "./world.ts";

type Phase = NonNullable<AppStatus["phase"]>;
type ComponentStatus = NonNullable<AppStatus["components"]>[number];

/** Says what really serves, whatever was wanted. Nothing is written when it says so already. */
export function planStatus(world: World, rollout: Rollout): readonly AppAction[] {
  const { app } = world;
  const status = appStatus(world, rollout);
  return canonicalJson(status) === canonicalJson(app.status) ? [] : [{ do: "write-status", app, status }];
}

export function appStatus(world: World, rollout: Rollout): AppStatus {
  const { app, newest, observed } = world;
  const components = componentStatuses(world);
  const { phase, reason } = phaseOf(world, rollout, components);
  const good = lastGoodOf(observed.releases);
  const urls = observed.ownedRoutes
    .filter((route) => route.deletingSince === undefined && route.status.phase !== "conflict")
    .toSorted((a, b) => Number(b.name === app.name) - Number(a.name === app.name))
    .flatMap(({ spec }) => spec.hosts.map((host) => observed.addresses.url(host, spec.path.prefix ?? "/")));
  return {
    phase,
    ...(reason === undefined ? {} : { reason }),
    ...(newest === undefined ? {} : { wantedRelease: newest.spec.number }),
    servingReleases: servingReleases(world),
    ...(good === undefined ? {} : { lastGoodRelease: good.spec.number }),
    components,
    ...(world.pools.length === 0 ? {} : { pools: [...world.pools] }),
    urls,
    ...(rollout.step === undefined ? {} : { rolloutStep: rollout.step }),
    observedGeneration: app.generation,
  };
}

/** Releases with a ready instance that gateways may choose. */
function servingReleases({ observed, active }: World): number[] {
  const serving = active.filter((instance) => {
    const release = observed.releases.find(({ spec }) => spec.number === instance.spec.release);
    const component = componentsOf(release, observed.packages).get(instance.spec.component);
    return instance.status.phase === "ready" && component?.listens !== false;
  });
  return [...new Set(serving.map(({ spec }) => spec.release))].toSorted((a, b) => a - b);
}

function componentStatuses(world: World): ComponentStatus[] {
  const { app, observed, components, active } = world;
  const names = new Set([...components.keys(), ...observed.instances.map(({ spec }) => spec.component)]);
  return [...names].toSorted().map((name) => {
    const component = components.get(name);
    const all = observed.instances.filter(({ spec }) => spec.component === name);
    const wanted = component === undefined ? 0 : wantedCount(app.spec, component, world.pools);
    const isUp = (one: Instance) => isActive(one) && isReady(one, component);
    const ready = active.filter((one) => one.spec.component === name && isUp(one)).length;
    const numbers = new Set(all.map(({ spec }) => spec.release));
    if (component !== undefined && world.target !== undefined) numbers.add(world.target.spec.number);
    const releases = [...numbers]
      .toSorted((a, b) => a - b)
      .map((release) => {
        const own = all.filter(({ spec }) => spec.release === release);
        const isTarget = release === world.target?.spec.number;
        const counted = isTarget ? wanted : own.filter(isActive).length;
        const share = shareOf(world, release, name);
        return {
          release,
          wanted: counted,
          ready: own.filter(isUp).length,
          total: own.length,
          ...(share === undefined ? {} : { sharePercent: share }),
        };
      });
    return { name, ready, wanted, releases };
  });
}

/**
 * The share of the requests that gateways give a release of a component: a canary's, and nothing to a release that is taken back once the
 * other has an instance that can take its place. Absent: each instance counts the same.
 */
function shareOf(world: World, release: number, component: string): number | undefined {
  const { canary, newest, target, active } = world;
  const isUp = (number: number | undefined) =>
    active.some(
      ({ spec, status }) =>
        spec.component === component && spec.release === number && status.phase === "ready",
    );
  if (canary !== undefined && newest !== undefined) {
    const share = isUp(newest.spec.number) ? canary.sharePercent : 0;
    return release === newest.spec.number ? share : 100 - share;
  }
  if (newest?.status.phase !== "rolling-back" || !isUp(target?.spec.number)) return undefined;
  return release === target?.spec.number ? 100 : 0;
}

function phaseOf(
  world: World,
  rollout: Rollout,
  components: readonly ComponentStatus[],
): { readonly phase: Phase; readonly reason?: string } {
  const { app, observed, newest, good, problems } = world;
  if (app.spec.stopped) return { phase: observed.instances.length > 0 ? "stopping" : "stopped" };
  const problem = problems[0];
  const serves = components.some(({ ready }) => ready > 0);
  if (problem !== undefined)
    return { phase: serves ? "degraded" : "failed", reason: `${problem.path}: ${problem.message}` };
  if (app.spec.paused) return { phase: "paused" };
  const why = rollout.blocked ?? observed.note;
  const note = why === undefined ? {} : { reason: why };
  switch (newest?.status.phase) {
    case undefined:
    case "pending":
    case "rolling-out":
      return { phase: good === undefined ? "installing" : "rolling-out", ...note };
    case "rolling-back":
    case "rolled-back":
    case "failed":
      return {
        phase: newest.status.phase,
        ...(newest.status.reason === undefined ? note : { reason: newest.status.reason }),
      };
    default:
      return settledPhase(world, components, why);
  }
}

function settledPhase(
  { active, observed }: World,
  components: readonly ComponentStatus[],
  why: string | undefined,
): { readonly phase: Phase; readonly reason?: string } {
  const short = components.find(({ ready, wanted }) => ready < wanted);
  if (short === undefined) {
    const refused = observed.ownedRoutes.find(({ status }) => status.phase === "conflict");
    if (refused === undefined) return { phase: "ready" };
    const detail = refused.status.reason ?? "Its host is not free.";
    return { phase: "ready", reason: `Route ${refused.name} does not serve: ${detail}` };
  }
  const troubled = active.find(
    ({ spec, status }) =>
      spec.component === short.name && status.phase !== "ready" && status.reason !== undefined,
  );
  const detail = why ?? troubled?.status.reason;
  const counted = `${short.ready} of ${short.wanted} instances of ${short.name} are ready`;
  return { phase: "degraded", reason: detail === undefined ? `${counted}.` : `${counted}: ${detail}` };
}

import type { TrafficPolicy } from "#api/kinds/route.ts";
import type { SnapshotMember, SnapshotPool } from "../snapshot.ts";
import { byAge, compareText, projectOf, type App, type Instance } from "./facts.ts";
import { holdReason } from "./hold-reason.ts";

/** As in the snapshot's schema. */
const maxMembers = 1_000;

/** A component that a route leads to, with the policy of the first such route. */
export interface WantedPool {
  readonly project: string;
  readonly app: string;
  readonly component: string;
  readonly policy: TrafficPolicy;
  /** First host without a wildcard of its first route that has one. */
  readonly host?: string;
}

export function poolId({
  project,
  app,
  component,
}: Pick<WantedPool, "project" | "app" | "component">): string {
  return `${project}/${app}/${component}`;
}

/** One pool: every instance that has an address, the shares of a canary, and why nothing is ready when that is so. */
export function planPool(
  wanted: WantedPool,
  app: App | undefined,
  instances: readonly Instance[],
): SnapshotPool {
  const oldestFirst = instances.toSorted(byAge);
  const members = oldestFirst
    .flatMap(memberOf)
    .slice(0, maxMembers)
    .toSorted((a, b) => compareText(a.id, b.id));
  const reason =
    app === undefined ? `there is no app ${wanted.app}` : holdReason(app, wanted.component, oldestFirst);
  return {
    id: poolId(wanted),
    project: wanted.project,
    app: wanted.app,
    component: wanted.component,
    members,
    ...(wanted.host === undefined ? {} : { host: wanted.host }),
    shares: app === undefined ? {} : sharesOf(app, wanted.component, members),
    ...(reason === undefined ? {} : { holdReason: reason }),
    policy: wanted.policy,
    stopped: app === undefined || app.spec.stopped || app.deletingSince !== undefined,
  };
}

/** Instances that start are in it too: the gateway tries them itself and ends the hold with the first that accepts. */
function memberOf(instance: Instance): readonly SnapshotMember[] {
  const { spec, status } = instance;
  const { address, port, phase, account } = status;
  if (address === undefined || port === undefined || port === 0) return [];
  if (spec.wanted === "stopped" || phase === "stopped" || phase === "failed") return [];
  const isActive = spec.wanted === "running" && phase !== "stopping" && instance.deletingSince === undefined;
  return [
    {
      id: instance.id,
      name: `${projectOf(instance)}/${instance.name}`,
      address,
      port,
      state: isActive ? "active" : "draining",
      group: groupOf(spec.release),
      ...(account === undefined ? {} : { account }),
    },
  ];
}

function groupOf(release: number): string {
  return String(release);
}

/**
 * Shares of the releases that have active members. What a canary leaves over goes to the other releases by their members,
 * so that a gateway never has to guess; with one release there is nothing to share.
 */
function sharesOf(app: App, component: string, members: readonly SnapshotMember[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { state, group } of members)
    if (state === "active") counts.set(group, (counts.get(group) ?? 0) + 1);
  const releases = app.status.components?.find((one) => one.name === component)?.releases ?? [];
  const given = new Map<string, number>();
  for (const { release, sharePercent } of releases)
    if (sharePercent !== undefined && counts.has(groupOf(release)))
      given.set(groupOf(release), Math.min(100, Math.max(0, sharePercent)));
  if (given.size === 0 || counts.size < 2) return {};
  const left = Math.max(0, 100 - [...given.values()].reduce((sum, one) => sum + one, 0));
  const others = [...counts].filter(([group]) => !given.has(group));
  const otherMembers = others.reduce((sum, [, count]) => sum + count, 0);
  for (const [group, count] of others) given.set(group, round((left * count) / otherMembers));
  return Object.fromEntries([...given].toSorted(([a], [b]) => compareText(a, b)));
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

import type { AppPlan } from "#api/apps.ts";
import { diffJson } from "#api/diff.ts";
import type { AppSpec } from "#api/kinds/app.ts";
import { hostPatternSchema } from "#api/kinds/route.ts";
import { canonicalJson } from "#lib/json.ts";
import { compare, valid } from "semver";
import { requiredBuckets } from "../bucket/wanted.ts";
import type { Package } from "../observed.ts";
import { poolsOf } from "../pools.ts";
import { releaseContents } from "../release/contents.ts";
import { needsRelease, newestOf, wantedCount } from "../rollout/target.ts";
import { generatedSecrets } from "../settings/resolve.ts";
import { mountedVolumes } from "../volume/mounts.ts";
import { wantedRoutes } from "../routes.ts";
import { checkApp } from "./check.ts";
import type { PreviewFacts } from "./facts.ts";

/** What an apply of a spec would do, in sentences for people; the problems when it cannot be done. Pure. */
export function previewApp(facts: PreviewFacts): AppPlan {
  const { app, spec, name, releases } = facts;
  const problems = checkApp(facts).map(({ path, message }) => ({ path, message }));
  const newest = newestOf(releases);
  const outcome = outcomeOf(facts);
  const makesRelease = outcome === "install" || outcome === "release";
  const changes = app === undefined ? [] : diffJson({ ...app.spec }, { ...spec }, "spec");
  return {
    app: name,
    outcome,
    difference: structuredClone(changes) as AppPlan["difference"], // the same JSON, without `readonly`
    ...(makesRelease ? { release: (newest?.spec.number ?? 0) + 1 } : {}),
    steps: facts.package === undefined ? [] : [...stepsOf(facts, facts.package, outcome)],
    warnings: facts.package === undefined ? [] : [...warningsOf(facts, facts.package, outcome)],
    ...urlsOf(facts),
    problems,
  };
}

function urlsOf({ name, project, spec, package: named, domain, url }: PreviewFacts): Pick<AppPlan, "urls"> {
  if (named === undefined || domain === undefined || url === undefined) return {};
  const components = new Map(named.spec.components.map((one) => [one.name, one]));
  const { manifest } = named.spec;
  const hosts = Object.entries(spec.hosts).flatMap(([, given]) => given);
  // What is no host name would be no route either.
  if (!hosts.every((host) => hostPatternSchema.safeParse(host).success)) return {};
  const routes = wantedRoutes({ app: name, project, spec, manifest, components, domain });
  return { urls: routes.flatMap(({ path, spec: route }) => route.hosts.map((host) => url(host, path))) };
}

function outcomeOf({ app, spec, releases, package: named }: PreviewFacts): AppPlan["outcome"] {
  if (app === undefined) return "install";
  const newest = newestOf(releases);
  if (named !== undefined && needsRelease(spec, named.spec.digest, newest))
    return newest === undefined ? "install" : "release";
  if (canonicalJson({ ...app.spec }) === canonicalJson({ ...spec })) return "nothing";
  return canonicalJson(scaleOf(app.spec)) === canonicalJson(scaleOf(spec)) ? "settings" : "scale";
}

function scaleOf({ components }: AppSpec) {
  return Object.entries(components)
    .filter(([, { replicas, scale }]) => replicas !== undefined || scale !== undefined)
    .map(([name, { replicas = null, scale = {} }]) => [name, replicas, { ...scale }] as const)
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
}

function* stepsOf(facts: PreviewFacts, named: Package, outcome: AppPlan["outcome"]): Generator<string> {
  const { spec, app, releases } = facts;
  const { manifest, components } = named.spec;
  if (outcome === "nothing") return;
  if (outcome === "install" || outcome === "release") {
    const number = (newestOf(releases)?.spec.number ?? 0) + 1;
    yield `Release ${number} is made: package ${named.name}, version ${manifest.version}.`;
    for (const volume of newVolumes(facts, named)) yield `Volume ${volume} is made.`;
    for (const { bucket, madeAs } of requiredBuckets(facts, spec, manifest))
      if (madeAs !== undefined && facts.buckets?.has(bucket) !== true)
        yield `Bucket ${bucket} is made, and an access key for it.`;
    for (const { name, setting } of generatedSecrets(facts.name, manifest, releaseContents(spec)))
      if (!facts.secrets.has(name)) yield `Secret ${name} is made up for setting ${setting}.`;
  }
  if (outcome === "install" && manifest.hooks.install !== undefined) yield "The install hook runs.";
  if (outcome === "release") yield* rolloutSteps(facts, named);
  if (outcome === "install" && !spec.stopped)
    for (const component of components)
      yield `${count(copies(facts, named, spec, component))} of component ${component.name} start.`;
  if (outcome === "scale" && app !== undefined)
    for (const component of components) {
      const before = copies(facts, named, app.spec, component);
      const after = copies(facts, named, spec, component);
      if (before !== after) yield `Component ${component.name} goes from ${before} to ${count(after)}.`;
    }
  yield* poolSteps(facts, named, outcome);
  if (app !== undefined && spec.stopped !== app.spec.stopped)
    yield spec.stopped
      ? "All instances drain and stop; volumes and releases stay."
      : "Its instances start again.";
  if (app !== undefined && spec.paused !== app.spec.paused)
    yield spec.paused ? "Nothing new is begun from now on." : "What waited goes on.";
}

function copies(
  { app }: PreviewFacts,
  named: Package,
  spec: AppSpec,
  component: Package["spec"]["components"][number],
): number {
  return wantedCount(spec, component, poolsOf({ spec, status: app?.status ?? {} }, named, 0));
}

function* poolSteps(
  { app, spec }: PreviewFacts,
  named: Package,
  outcome: AppPlan["outcome"],
): Generator<string> {
  if (outcome !== "install" && outcome !== "scale") return;
  for (const { component, min, max } of poolsOf({ spec, status: app?.status ?? {} }, named, 0))
    yield `Component ${component} has ${min} to ${max} instances, by the jobs that wait.`;
}

function* rolloutSteps({ spec, serving }: PreviewFacts, named: Package): Generator<string> {
  const { hooks } = named.spec.manifest;
  const { rollout } = spec;
  if (
    hooks.upgrade !== undefined &&
    serving !== undefined &&
    serving.spec.packageDigest !== named.spec.digest
  )
    yield "The upgrade hook runs.";
  switch (rollout.strategy) {
    case "rolling":
      yield `Instances are replaced step by step, with at most ${rollout.maxSurge} more and ${rollout.maxUnavailable} fewer than wanted.`;
      break;
    case "canary":
      yield `The new release gets ${rollout.canary.map(({ sharePercent, seconds }) => `${sharePercent} % for ${seconds} s`).join(", then ")}, then everything.`;
      break;
    case "all-at-once":
      yield "All instances end, and then the new ones start; requests wait meanwhile.";
      break;
  }
  if (hooks.verify !== undefined) yield "The verify hook runs before the release takes over.";
  yield (
    `Each new instance is watched for ${rollout.watchSeconds} s; with more than ${rollout.maxErrorPercent} % of its requests failing, ` +
    (rollout.rollBack ? "the release before comes back." : "the rollout stops.")
  );
}

function* warningsOf(facts: PreviewFacts, named: Package, outcome: AppPlan["outcome"]): Generator<string> {
  const { spec, serving } = facts;
  const { manifest, signedBy, components } = named.spec;
  const isNew = outcome === "install" || outcome === "release";
  if (isNew && signedBy === undefined) yield `Package ${named.name} is not signed by a key that you trust.`;
  if (isNew && manifest.licence?.mustAccept === true && spec.licence !== undefined)
    yield `You accept the licence ${manifest.licence.spdx ?? spec.licence}.`;
  const before = serving?.spec.version;
  if (isNew && before !== undefined && isOlder(manifest.version, before))
    yield `Version ${manifest.version} is older than ${before}, which serves now: it may not understand the data that is there.`;
  if (outcome === "release") {
    const { strategy, maxSurge, maxUnavailable } = spec.rollout;
    const isGone = components.some(
      (component) =>
        component.listens && maxSurge === 0 && copies(facts, named, spec, component) <= maxUnavailable,
    );
    if (strategy === "all-at-once" || isGone)
      yield "For a while no instance is ready: requests wait at the gateway until the first new one is, and fail when that takes longer than their route allows.";
  }
  if (outcome === "install")
    for (const volume of keptVolumes(facts, named))
      yield `Volume ${volume} is there already, from before: its data is used.`;
  if (spec.paused && isNew) yield "The app is paused: nothing of this happens before that ends.";
}

function isOlder(version: string, than: string): boolean {
  return valid(version) !== null && valid(than) !== null && compare(version, than) < 0;
}

function volumesOf({ name, spec }: PreviewFacts, named: Package): readonly string[] {
  const all = named.spec.components.flatMap((component) =>
    mountedVolumes(name, spec, component).map(({ volume }) => volume),
  );
  return [...new Set(all)];
}

function newVolumes(facts: PreviewFacts, named: Package): readonly string[] {
  return volumesOf(facts, named).filter((volume) => !facts.volumes.has(volume));
}

function keptVolumes(facts: PreviewFacts, named: Package): readonly string[] {
  return volumesOf(facts, named).filter((volume) => facts.volumes.has(volume));
}

function count(number: number): string {
  return number === 1 ? "1 instance" : `${number} instances`;
}

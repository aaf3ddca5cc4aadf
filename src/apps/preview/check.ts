import type { FieldError } from "#api/errors.ts";
import type { AppSpec } from "#api/kinds/app.ts";
import type { Manifest } from "#api/manifest.ts";
import { hostPatternSchema } from "#api/kinds/route.ts";
import { ownMember } from "#lib/json.ts";
import { satisfies, valid } from "semver";
import { maxAppName } from "../names.ts";
import type { Bucket, Package, Placement, Release, Secret, Volume } from "../observed.ts";
import { poolBounds } from "../pools.ts";
import { lastGoodOf } from "../rollout/target.ts";
import { wantedRoutes } from "../routes.ts";
import { checkSettings } from "../settings/check.ts";

/** Everything that decides whether an app's spec can be brought about. */
export interface CheckFacts {
  readonly name: string;
  readonly project: string;
  readonly spec: AppSpec;
  /** The package that the spec names, when it is there. */
  readonly package?: Package;
  /** The release that serves now, or served last. */
  readonly serving?: Release;
  readonly volumes: ReadonlyMap<string, Volume>;
  readonly secrets: ReadonlyMap<string, Secret>;
  /** Absent: not looked at. */
  readonly buckets?: ReadonlyMap<string, Bucket>;
  /** Whether this data center has an object store; absent: not looked at. */
  readonly hasObjectStorage?: boolean;
  /** The release that the spec goes back to. */
  readonly repeats?: Release;
  /** Names of the project's apps; absent: not looked at. */
  readonly apps?: ReadonlySet<string>;
  /** By component; absent: not looked at. */
  readonly placements?: ReadonlyMap<string, Placement>;
  /** `HOST PATH` to the route that has it already, other than this app's; absent: not looked at. */
  readonly hostsTaken?: ReadonlyMap<string, string>;
  /** What the hosts of routes end with that the user names none for; absent: not looked at. */
  readonly domain?: string;
}

/** Why a spec cannot be brought about, field by field; empty when it can. The same for a preview, an apply and the reconciler. */
export function checkApp(facts: CheckFacts): readonly FieldError[] {
  const { name, spec } = facts;
  const problems: FieldError[] = [];
  if (name.length > maxAppName)
    problems.push({ path: "name", message: `an app's name has at most ${maxAppName} characters` });
  const named = facts.package;
  if (named === undefined || named.deletingSince !== undefined) {
    const what = named === undefined ? "there is no such package in this project" : "it is being deleted";
    return [...problems, { path: "spec.package", message: `${spec.package}: ${what}` }];
  }
  if (named.status.phase === "damaged")
    problems.push({
      path: "spec.package",
      message: `${spec.package}: its files are not whole; upload it again`,
    });
  const { manifest } = named.spec;
  return [
    ...problems,
    ...checkUpgrade(manifest, facts),
    ...checkLicence(manifest, spec),
    ...checkSettings(manifest, spec),
    ...checkSecrets(facts),
    ...checkRequirements(manifest, facts),
    ...checkComponents(named, facts),
    ...checkHosts(named, facts),
  ];
}

function checkUpgrade(
  { id, version, upgradeFrom }: Manifest,
  { serving, repeats, spec }: CheckFacts,
): readonly FieldError[] {
  const before = serving?.spec.version;
  if (upgradeFrom === undefined || before === undefined || before === version) return [];
  // Going back to a release is no upgrade.
  if (repeats !== undefined && repeats.spec.package === spec.package) return [];
  if (valid(before) !== null && satisfies(before, upgradeFrom, { includePrerelease: true })) return [];
  const message = `${id} ${version} upgrades from ${upgradeFrom}, and ${before} is installed`;
  return [{ path: "spec.package", message }];
}

function checkLicence({ licence }: Manifest, spec: AppSpec): readonly FieldError[] {
  if (licence?.mustAccept !== true || spec.licence !== undefined) return [];
  const name = licence.spdx ?? "its licence";
  return [{ path: "spec.licence", message: `the package demands that you accept ${name}` }];
}

function checkSecrets({ spec, secrets }: CheckFacts): readonly FieldError[] {
  return Object.entries(spec.settings).flatMap(([setting, value]) => {
    if (typeof value !== "object") return [];
    const path = `spec.settings.${setting}`;
    const secret = secrets.get(value.secret);
    if (secret === undefined || secret.deletingSince !== undefined)
      return [{ path, message: `there is no secret ${value.secret} in this project` }];
    const { version } = secret.status;
    if (version === undefined) return [{ path, message: `secret ${value.secret} has no value yet` }];
    if (value.version !== undefined && value.version > version)
      return [{ path, message: `secret ${value.secret} has no version ${value.version}` }];
    return [];
  });
}

function checkRequirements(manifest: Manifest, facts: CheckFacts): readonly FieldError[] {
  const unknown = Object.keys(facts.spec.requires)
    .filter((name) => !Object.hasOwn(manifest.requires, name) && !isMount(name, facts))
    .map((name) => ({ path: `spec.requires.${name}`, message: "the package requires no such thing" }));
  const unmet = Object.entries(manifest.requires).flatMap(([name, requirement]) => {
    const path = `spec.requires.${name}`;
    const given = ownMember(facts.spec.requires, name);
    const { anyOf = [] } = requirement;
    const chosen = anyOf.find((one) => one.name === given?.as);
    if (given?.as !== undefined && chosen === undefined)
      return [
        {
          path: `${path}.as`,
          message: `must be one of ${anyOf.map((one) => one.name).join(", ") || "none"}`,
        },
      ];
    const type = chosen?.type ?? requirement.type;
    // A volume or a bucket is made when none is named.
    if (given === undefined) {
      if (requirement.optional || type === "volume") return [];
      if (type === "bucket")
        return facts.hasObjectStorage === false ? [{ path, message: noObjectStorage }] : [];
      return [{ path, message: `names the ${type} that the package requires` }];
    }
    const message = missing(type, given.use, facts);
    return message === undefined ? [] : [{ path: `${path}.use`, message }];
  });
  return [...unknown, ...unmet];
}

function isMount(name: string, facts: CheckFacts): boolean {
  return (
    facts.package?.spec.components.some(({ volumes }) => volumes.some((one) => one.name === name)) ?? false
  );
}

function missing(type: string, use: string, facts: CheckFacts): string | undefined {
  switch (type) {
    case "volume": {
      const volume = facts.volumes.get(use);
      if (volume === undefined) return `there is no volume ${use} in this project`;
      return volume.deletingSince === undefined ? undefined : `volume ${use} is being deleted`;
    }
    case "secret":
      return facts.secrets.get(use)?.status.version === undefined
        ? `there is no secret ${use} with a value in this project`
        : undefined;
    case "app":
      return facts.apps === undefined || facts.apps.has(use)
        ? undefined
        : `there is no app ${use} in this project`;
    case "bucket": {
      if (facts.hasObjectStorage === false) return noObjectStorage;
      const bucket = facts.buckets?.get(use);
      if (facts.buckets === undefined) return undefined;
      if (bucket === undefined) return `there is no bucket ${use} in this project`;
      return bucket.deletingSince === undefined ? undefined : `bucket ${use} is being deleted`;
    }
    default:
      return undefined;
  }
}

const noObjectStorage = "this data center runs without object storage";

function checkComponents(named: Package, facts: CheckFacts): readonly FieldError[] {
  const names = new Set(named.spec.components.map(({ name }) => name));
  const unknown = Object.keys(facts.spec.components)
    .filter((name) => !names.has(name))
    .map((name) => ({
      path: `spec.components.${name}`,
      message: `the package has no such component; it has ${[...names].join(", ")}`,
    }));
  const unplaced = [...(facts.placements ?? [])].flatMap(([name, placement]) =>
    placement.can
      ? []
      : [{ path: "spec.package", message: `component ${name} cannot run here: ${placement.reason}` }],
  );
  return [...unknown, ...checkScales(named, facts.spec), ...unplaced];
}

function checkScales({ spec: { manifest } }: Package, spec: AppSpec): readonly FieldError[] {
  return Object.entries(spec.components).flatMap(([name, { scale }]) => {
    if (scale === undefined) return [];
    const path = `spec.components.${name}.scale`;
    const bounds = poolBounds(manifest, spec, name);
    if (bounds === undefined)
      return [{ path, message: "the package has no scaler for it: give a fixed number of instances" }];
    const { min, max } = bounds;
    return min > max ? [{ path, message: `at least ${min} and at most ${max} cannot be both` }] : [];
  });
}

function checkHosts(named: Package, facts: CheckFacts): readonly FieldError[] {
  const { spec } = facts;
  const { manifest } = named.spec;
  const wrong = Object.entries(spec.hosts).flatMap(([route, hosts]) => {
    const path = `spec.hosts.${route}`;
    if (!Object.hasOwn(manifest.routes, route)) return [{ path, message: "the package has no such route" }];
    return hosts.flatMap((host, at) =>
      hostPatternSchema.safeParse(host).success
        ? []
        : [{ path: `${path}[${at}]`, message: "use a host name in lower case, such as news.example.org" }],
    );
  });
  return wrong.length > 0 ? wrong : takenHosts(named, facts);
}

function takenHosts(
  named: Package,
  { name, project, spec, hostsTaken, domain }: CheckFacts,
): readonly FieldError[] {
  if (hostsTaken === undefined || domain === undefined) return [];
  const { manifest, components } = named.spec;
  const wanted = wantedRoutes({
    app: name,
    project,
    spec,
    manifest,
    components: new Map(components.map((one) => [one.name, one])),
    domain,
  });
  return wanted.flatMap(({ route, path, spec: { hosts } }) =>
    hosts.flatMap((host) => {
      const taken = hostsTaken.get(`${host} ${path}`);
      return taken === undefined
        ? []
        : [{ path: `spec.hosts.${route}`, message: `${host} is taken by ${taken}; name another host` }];
    }),
  );
}

/** What served last, and what the spec goes back to: an upgrade is judged by the one, a rollback by the other. */
export function servedBefore(
  releases: readonly Release[],
  rollbackOf: number | undefined,
): Pick<CheckFacts, "serving" | "repeats"> {
  const serving = lastGoodOf(releases);
  const repeats = releases.find(({ spec }) => spec.number === rollbackOf);
  return {
    ...(serving === undefined ? {} : { serving }),
    ...(repeats === undefined ? {} : { repeats }),
  };
}

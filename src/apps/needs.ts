import { canonicalJson, ownMember } from "#lib/json.ts";
import type { AppAction } from "./actions.ts";
import { planBuckets } from "./bucket/plan.ts";
import type { World } from "./world.ts";
import { wantedRoutes } from "./routes.ts";
import { componentsOf } from "./rollout/target.ts";
import { generatedSecrets } from "./settings/resolve.ts";
import { mountedVolumes } from "./volume/mounts.ts";

/** What has to be there before instances are started: volumes, secrets that are made up, buckets with their key, routes. */
export function planNeeds(world: World): readonly AppAction[] {
  const { target, observed } = world;
  const manifest = target === undefined ? undefined : manifestOfTarget({ target, observed });
  return [
    ...planVolumes(world),
    ...planSecrets(world),
    ...planBuckets(world, manifest),
    ...planRoutes(world),
  ];
}

/** They have no owner: data outlives the app that made it, and is found again by its name. */
function planVolumes({ app, target, components, observed }: World): readonly AppAction[] {
  if (target === undefined) return [];
  const requires = manifestOfTarget({ target, observed })?.requires ?? {};
  const names = new Map(
    [...components.values()].flatMap((component) =>
      mountedVolumes(app.name, target.spec.appSpec, component).map(({ volume, mount }) => [volume, mount]),
    ),
  );
  return [...names].flatMap(([name, mount]) => {
    if (observed.volumes.has(name)) return [];
    const sizeBytes = ownMember(requires, mount)?.sizeBytes;
    return [{ do: "make-volume", app, name, ...(sizeBytes === undefined ? {} : { sizeBytes }) } as const];
  });
}

function planSecrets({ app, target, observed }: World): readonly AppAction[] {
  if (target === undefined) return [];
  const manifest = manifestOfTarget({ target, observed });
  if (manifest === undefined) return [];
  return generatedSecrets(app.name, manifest, target.spec.appSpec).flatMap(({ setting, name, length }) =>
    observed.secrets.get(name)?.status.version === undefined
      ? [{ do: "make-secret", app, name, length, setting } as const]
      : [],
  );
}

/** A route of the same name that is not the app's own is left alone; its status says what it does. */
function planRoutes(world: World): readonly AppAction[] {
  const { app, target, observed } = world;
  if (target === undefined) return [];
  const manifest = manifestOfTarget({ target, observed });
  if (manifest === undefined) return [];
  const wanted = wantedRoutes({
    app: app.name,
    project: app.project ?? "",
    spec: app.spec,
    manifest,
    components: componentsOf(target, observed.packages),
    domain: observed.addresses.domain,
  });
  const puts = wanted.flatMap(({ name, spec }): readonly AppAction[] => {
    const standing = observed.routes.get(name);
    if (standing?.deletingSince !== undefined) return [];
    if (standing !== undefined && standing.owner?.id !== app.id) return [];
    if (standing !== undefined && canonicalJson(standing.spec) === canonicalJson(spec)) return [];
    return [{ do: "put-route", app, name, spec }];
  });
  const names = new Set(wanted.map(({ name }) => name));
  const gone = observed.ownedRoutes.filter(
    (route) => !names.has(route.name) && route.deletingSince === undefined,
  );
  return [
    ...puts,
    ...gone.map(({ name, project }): AppAction => ({ do: "delete-route", name, project: project ?? "" })),
  ];
}

function manifestOfTarget({
  target,
  observed,
}: Pick<World, "observed"> & { target: NonNullable<World["target"]> }) {
  const found = observed.packages.get(target.spec.package);
  return found?.spec.digest === target.spec.packageDigest ? found.spec.manifest : undefined;
}

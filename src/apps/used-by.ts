import { ownMember } from "#lib/json.ts";
import { listAll } from "#control/reconcile/list-all.ts";
import type { ResourceStore } from "#store/store.ts";
import { requiredBuckets } from "./bucket/wanted.ts";
import { bucketSecretName } from "./names.ts";
import type { App, Package } from "./observed.ts";
import { resolveSetting } from "./settings/resolve.ts";
import { mountedVolumes } from "./volume/mounts.ts";

/** What the apps of a project use, by name of the volume or secret: the names of the apps, sorted. */
export interface Uses {
  readonly volumes: ReadonlyMap<string, readonly string[]>;
  readonly secrets: ReadonlyMap<string, readonly string[]>;
}

const maxApps = 5_000;

export async function usesOf(project: string, resources: ResourceStore, signal: AbortSignal): Promise<Uses> {
  const volumes = new Map<string, Set<string>>();
  const secrets = new Map<string, Set<string>>();
  const note = (to: Map<string, Set<string>>, name: string, app: string) =>
    to.set(name, (to.get(name) ?? new Set()).add(app));
  for await (const found of listAll(
    resources,
    { kind: "app", projects: [project] },
    { max: maxApps, signal },
  )) {
    const app = found as App; // the store holds what the kind's schema let in
    const named = (await resources.get({ kind: "package", project, name: app.spec.package })) as
      | Package
      | undefined; // as above
    for (const { use } of Object.values(app.spec.requires)) {
      note(volumes, use, app.name);
      note(secrets, use, app.name);
    }
    for (const value of Object.values(app.spec.settings))
      if (typeof value === "object") note(secrets, value.secret, app.name);
    for (const component of named?.spec.components ?? [])
      for (const { volume } of mountedVolumes(app.name, app.spec, component)) note(volumes, volume, app.name);
    if (named !== undefined && requiredBuckets(appOf(app), app.spec, named.spec.manifest).length > 0)
      note(secrets, bucketSecretName(app.name), app.name);
    for (const [name, setting] of Object.entries(named?.spec.manifest.settings ?? {})) {
      if (ownMember(app.spec.settings, name) !== undefined) continue;
      const resolved = resolveSetting(app.name, name, setting, app.spec);
      if (resolved.kind === "secret") note(secrets, resolved.name, app.name);
    }
  }
  return { volumes: sorted(volumes), secrets: sorted(secrets) };
}

function appOf({ name, project = "" }: App): { readonly name: string; readonly project: string } {
  return { name, project };
}

function sorted(uses: ReadonlyMap<string, ReadonlySet<string>>): ReadonlyMap<string, readonly string[]> {
  return new Map([...uses].map(([name, apps]) => [name, [...apps].toSorted()]));
}

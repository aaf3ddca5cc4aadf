import { VdcError } from "#api/errors.ts";
import { appKind, type AppSpec } from "#api/kinds/app.ts";
import { canonicalJson, type JsonObject } from "#lib/json.ts";
import { api } from "#console/data/api.ts";
import type { App } from "#console/data/app-queries.ts";

const maxAttempts = 6;

/** A secret's new value, and the setting that names it. */
export interface TypedSecret {
  readonly setting: string;
  readonly secret: string;
  readonly value: string;
}

/**
 * Applies a spec that was made from `base`, or makes the app when there is none. A revision that grew because VDC wrote the status
 * is no conflict. Throws `conflict` when somebody changed the spec meanwhile.
 */
export async function applyApp(
  key: { readonly project: string; readonly name: string },
  spec: AppSpec,
  base: App | undefined,
): Promise<App> {
  let revision: number | "absent" = base?.revision ?? "absent";
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    try {
      const wanted = { ...key, labels: base?.labels ?? {}, spec };
      const { resource } = await api.apply(appKind, wanted, { ifRevision: revision });
      return resource as unknown as App; // the kind's own resource
    } catch (error) {
      if (!(error instanceof VdcError) || error.code !== "precondition-failed") throw error;
      if (base === undefined)
        throw new VdcError("already-exists", `An app called ${key.name} is there already.`, {
          fields: [{ path: "name", message: "an app of this name exists already" }],
        });
      const now = (await api.get(appKind, key)) as unknown as App; // as above
      if (canonicalJson(now.spec) !== canonicalJson(base.spec))
        throw new VdcError("conflict", `Somebody changed ${key.name} meanwhile; look at the change again.`);
      revision = now.revision;
    }
  }
  throw new VdcError("conflict", `${key.name} changes too often to be edited.`);
}

/** Changes some members of an app's spec, whatever the others are now. */
export async function patchApp(app: App, spec: JsonObject): Promise<App> {
  const key = { project: app.project ?? "", name: app.name };
  const { resource } = await api.patch(appKind, key, { spec });
  return resource as unknown as App; // the kind's own resource
}

/** Stores values that were typed; answers the spec that names them. */
export async function storeSecrets(
  project: string,
  spec: AppSpec,
  typed: readonly TypedSecret[],
): Promise<AppSpec> {
  const settings = { ...spec.settings };
  for (const { setting, secret, value } of typed) {
    const { version } = await api.call(api.routes["secret.set"], {
      params: { project, name: secret },
      body: { value },
    });
    // The version makes the change one that instances are replaced for.
    settings[setting] = { secret, version };
  }
  return { ...spec, settings };
}

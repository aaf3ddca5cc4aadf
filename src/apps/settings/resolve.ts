import type { AppSpec, SettingValue } from "#api/kinds/app.ts";
import type { Manifest, Setting } from "#api/manifest.ts";
import { ownMember } from "#lib/json.ts";
import { secretName } from "../names.ts";

/** What a setting is worth: a value, or a secret that holds it. */
export type ResolvedSetting =
  | { readonly kind: "value"; readonly value: string | number | boolean }
  | { readonly kind: "secret"; readonly name: string; readonly version?: number }
  | { readonly kind: "absent" };

/** Given by the user, made up, or the package's default, in this order. */
export function resolveSetting(app: string, name: string, setting: Setting, spec: AppSpec): ResolvedSetting {
  const given = ownMember<SettingValue>(spec.settings, name);
  if (given !== undefined) {
    if (typeof given !== "object") return { kind: "value", value: given };
    return {
      kind: "secret",
      name: given.secret,
      ...(given.version === undefined ? {} : { version: given.version }),
    };
  }
  if (setting.secret && setting.generate !== undefined)
    return { kind: "secret", name: secretName(app, name) };
  return setting.default === undefined ? { kind: "absent" } : { kind: "value", value: setting.default };
}

/** Secrets that are made up because the user gave none. */
export function generatedSecrets(
  app: string,
  manifest: Manifest,
  spec: AppSpec,
): readonly { readonly setting: string; readonly name: string; readonly length: number }[] {
  return Object.entries(manifest.settings).flatMap(([setting, { secret, generate }]) =>
    secret && generate !== undefined && ownMember(spec.settings, setting) === undefined
      ? [{ setting, name: secretName(app, setting), length: generate.length }]
      : [],
  );
}

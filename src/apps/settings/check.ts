import type { FieldError } from "#api/errors.ts";
import type { AppSpec, SettingValue } from "#api/kinds/app.ts";
import type { Manifest } from "#api/manifest.ts";
import { settingProblem } from "#api/setting-value.ts";
import { nearest } from "#lib/nearest.ts";
import { ownMember } from "#lib/json.ts";
import { boundedMatcher } from "./match.ts";

/** What is wrong with the values that a user gave to a package's settings, field by field. */
export function checkSettings(manifest: Manifest, spec: AppSpec): readonly FieldError[] {
  const unknown = Object.keys(spec.settings)
    .filter((name) => !Object.hasOwn(manifest.settings, name))
    .map((name) => ({ path: pathOf(name), message: unknownText(name, manifest) }));
  const matches = boundedMatcher();
  const wrong = Object.entries(manifest.settings).flatMap(([name, setting]) => {
    const message = settingProblem(setting, ownMember<SettingValue>(spec.settings, name), matches);
    return message === undefined ? [] : [{ path: pathOf(name), message }];
  });
  return [...unknown, ...wrong];
}

function pathOf(name: string): string {
  return `spec.settings.${name}`;
}

function unknownText(name: string, manifest: Manifest): string {
  const near = nearest(name, Object.keys(manifest.settings));
  return `the package has no such setting${near === undefined ? "" : `; did you mean ${near}?`}`;
}

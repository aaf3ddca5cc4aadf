import semver from "semver";
import type { Manifest, Setting } from "#api/manifest.ts";
import type { ComponentPlan } from "./compose/component.ts";
import { Problems } from "./compose/problem.ts";

/**
 * What the manifest's schema cannot know: that names lead somewhere, that versions are versions and defaults values of their type.
 * Throws one `invalid` with all of it.
 */
export function checkManifest(
  manifest: Manifest,
  components: readonly Pick<ComponentPlan, "component" | "secretFiles">[],
  fileName: string,
): void {
  const problems = new Problems();
  checkVersions(manifest, problems);
  checkComponents(manifest, components, problems);
  for (const [name, setting] of Object.entries(manifest.settings))
    checkSetting(`settings.${name}`, setting, problems);
  checkReferences(manifest, components, problems);
  problems.throwIfAny(fileName);
}

function checkVersions({ version, upgradeFrom }: Manifest, problems: Problems): void {
  if (semver.valid(version) !== version)
    problems.add("version", "a semantic version such as 1.4.0 is expected (semver.org)");
  if (upgradeFrom !== undefined && semver.validRange(upgradeFrom) === null)
    problems.add("upgradeFrom", "a range of versions such as >=1.2.0 is expected");
}

function checkComponents(
  manifest: Manifest,
  components: readonly Pick<ComponentPlan, "component">[],
  problems: Problems,
): void {
  const known = new Map(components.map(({ component }) => [component.name, component]));
  const names = `there ${known.size === 1 ? "is" : "are"} ${[...known.keys()].join(", ")}`;
  const check = (path: string, name: string) => {
    if (!known.has(name)) problems.add(path, `the Compose file has no service '${name}'; ${names}`);
  };
  for (const [name, route] of Object.entries(manifest.routes)) {
    check(`routes.${name}.component`, route.component);
    if (known.get(route.component)?.listens === false)
      problems.add(
        `routes.${name}.component`,
        `the service '${route.component}' listens on no port: give it ports or expose`,
      );
  }
  if (Object.values(manifest.routes).filter(({ primary }) => primary).length > 1)
    problems.add("routes", "only one route can be the primary one");
  for (const [name, { min, max }] of Object.entries(manifest.scale)) {
    check(`scale.${name}`, name);
    if (min > max) problems.add(`scale.${name}.min`, `it is more than the most, ${max}`);
  }
  for (const name of Object.keys(manifest.patchIdentity)) check(`patchIdentity.${name}`, name);
  for (const [name, hook] of Object.entries(manifest.hooks))
    if (hook !== undefined) check(`hooks.${name}.component`, hook.component);
  const volumes = new Set(components.flatMap(({ component }) => component.volumes.map(({ name }) => name)));
  for (const [at, name] of manifest.backup.volumes.entries())
    if (!volumes.has(name)) problems.add(`backup.volumes[${at}]`, `no service has a volume '${name}'`);
}

function checkSetting(path: string, setting: Setting, problems: Problems): void {
  if (setting.type === "enum" && (setting.choices ?? []).length === 0)
    problems.add(path, "an enum needs choices");
  if (setting.generate !== undefined && !setting.secret)
    problems.add(`${path}.generate`, "only a secret is generated");
  if (setting.secret && setting.default !== undefined)
    problems.add(`${path}.default`, "a secret has no default: everyone could read it in the package");
  if (setting.pattern !== undefined && !isPattern(setting.pattern))
    problems.add(`${path}.pattern`, "it is no regular expression");
  const wanted =
    { integer: "number", number: "number", boolean: "boolean" }[setting.type as string] ?? "string"; // the table has three of the types
  if (setting.default !== undefined && typeof setting.default !== wanted)
    problems.add(`${path}.default`, `a ${wanted} is expected for the type ${setting.type}`);
  if (
    setting.type === "enum" &&
    setting.default !== undefined &&
    !setting.choices?.some(({ value }) => value === setting.default)
  )
    problems.add(`${path}.default`, "it is not among the choices");
}

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern, "u") instanceof RegExp;
  } catch {
    return false; // the question was whether it throws
  }
}

function checkReferences(
  manifest: Manifest,
  components: readonly Pick<ComponentPlan, "component" | "secretFiles">[],
  problems: Problems,
): void {
  const files = new Set(Object.values(manifest.settings).map(({ file }) => file));
  for (const { component, secretFiles } of components) {
    for (const file of secretFiles)
      if (!files.has(file))
        problems.add(
          `services.${component.name}.secrets`,
          `no setting gives the file '${file}': write a secret setting with file: ${file}`,
        );
    for (const [variable, value] of Object.entries(component.environment))
      for (const [, name = ""] of value.matchAll(/\$\{settings\.([^}]*)\}/g))
        if (!Object.hasOwn(manifest.settings, name))
          problems.add(
            `services.${component.name}.environment.${variable}`,
            `there is no setting '${name.slice(0, 64)}'`,
          );
  }
}

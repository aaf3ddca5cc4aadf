import type { FieldError } from "#api/errors.ts";
import { appSpecSchema, maxReplicas, type AppSpec, type SettingValue } from "#api/kinds/app.ts";
import { hostPatternSchema } from "#api/kinds/route.ts";
import type { Manifest, Setting } from "#api/manifest.ts";
import { nameSchema } from "#api/names.ts";
import { settingProblem, checkValue } from "#api/setting-value.ts";
import type { Package } from "#console/data/app-queries.ts";
import type { TypedSecret } from "#console/data/edit-app.ts";

/** An app as its form holds it: text as it is typed. Empty text means "what the package says". */
export interface AppForm {
  readonly name: string;
  readonly title: string;
  /** Booleans are `true`, `false`; of secrets only what was typed now. */
  readonly settings: Readonly<Record<string, string>>;
  /** By route of the package: `news.example.org, www.example.org`. */
  readonly hosts: Readonly<Record<string, string>>;
  /** By requirement: the alternative that was chosen, and the name of what satisfies it. */
  readonly requires: Readonly<Record<string, { readonly as: string; readonly use: string }>>;
  readonly replicas: Readonly<Record<string, string>>;
  readonly licence: boolean;
}

/** Releases, instances, volumes and hosts are called after an app, and need room beside it. */
const maxAppName = 40;

/** What the form begins with: the app as it is, or what the package proposes. */
export function formOfApp(of: Package, app?: { readonly name: string; readonly spec: AppSpec }): AppForm {
  const { manifest, components } = of.spec;
  const spec = app?.spec;
  return {
    name: app?.name ?? "",
    title: spec?.title ?? "",
    settings: mapMembers(manifest.settings, (setting, name) => settingText(setting, spec?.settings[name])),
    hosts: mapMembers(manifest.routes, (_, name) => (spec?.hosts[name] ?? []).join(", ")),
    requires: mapMembers(manifest.requires, (_, name) => ({
      as: spec?.requires[name]?.as ?? "",
      use: spec?.requires[name]?.use ?? "",
    })),
    replicas: Object.fromEntries(
      components.map((one) => [one.name, String(spec?.components[one.name]?.replicas ?? one.replicas)]),
    ),
    licence: spec?.licence !== undefined,
  };
}

function settingText(setting: Setting, value: SettingValue | undefined): string {
  if (setting.secret) return "";
  const shown = value ?? setting.default ?? (setting.type === "boolean" ? false : "");
  return typeof shown === "object" ? "" : String(shown);
}

/** My form on top of theirs: what I did not touch since `base` is theirs. */
export function mergeAppForms(base: AppForm, mine: AppForm, theirs: AppForm): AppForm {
  const pick = <T>(was: T, now: T, other: T): T =>
    JSON.stringify(now) === JSON.stringify(was) ? other : now;
  const each = <T>(
    was: Readonly<Record<string, T>>,
    now: Readonly<Record<string, T>>,
    other: Readonly<Record<string, T>>,
  ) => mapMembers(other, (value, name) => pick(was[name], now[name] ?? value, value) ?? value);
  return {
    name: mine.name,
    title: pick(base.title, mine.title, theirs.title),
    settings: each(base.settings, mine.settings, theirs.settings),
    hosts: each(base.hosts, mine.hosts, theirs.hosts),
    requires: each(base.requires, mine.requires, theirs.requires),
    replicas: each(base.replicas, mine.replicas, theirs.replicas),
    licence: pick(base.licence, mine.licence, theirs.licence),
  };
}

/** The value that a field's text means. Undefined: nothing is given. */
export function valueOfText(setting: Setting, text: string): SettingValue | undefined {
  if (setting.type === "boolean") return text === "true";
  const isNumber = setting.type === "integer" || setting.type === "number";
  if (isNumber) return text.trim() === "" ? undefined : Number(text.replace(",", "."));
  // An empty text is a value only where the package proposes another one.
  if (text === "" && (setting.default === undefined || setting.required)) return undefined;
  return text;
}

/** What is wrong with a form, by the checks of the server; paths are the form's: `settings.title`. */
export function appFormProblems(
  form: AppForm,
  of: Package,
  kept: Readonly<Record<string, SettingValue>> = {},
): readonly FieldError[] {
  const { manifest } = of.spec;
  const problems: FieldError[] = [];
  const name = nameSchema.safeParse(form.name);
  if (!name.success)
    problems.push({ path: "name", message: name.error.issues[0]?.message ?? "this is no name" });
  else if (form.name.length > maxAppName)
    problems.push({ path: "name", message: `an app's name has at most ${maxAppName} characters` });
  for (const [key, setting] of Object.entries(manifest.settings)) {
    const message = textProblem(setting, form.settings[key] ?? "", kept[key]);
    if (message !== undefined) problems.push({ path: `settings.${key}`, message });
  }
  for (const [route, text] of Object.entries(form.hosts))
    if (!hostsOfText(text).every((host) => hostPatternSchema.safeParse(host).success))
      problems.push({
        path: `hosts.${route}`,
        message: "use host names in lower case, such as news.example.org",
      });
  for (const [component, text] of Object.entries(form.replicas))
    if (!/^\d+$/.test(text.trim()) || Number(text) > maxReplicas)
      problems.push({ path: `replicas.${component}`, message: `write a number from 0 to ${maxReplicas}` });
  if (manifest.licence?.mustAccept === true && !form.licence)
    problems.push({ path: "licence", message: "the package demands that you accept its licence" });
  return problems;
}

function textProblem(setting: Setting, text: string, kept: SettingValue | undefined): string | undefined {
  if (!setting.secret) return settingProblem(setting, valueOfText(setting, text));
  if (text !== "") return checkValue(setting, text);
  return settingProblem(setting, typeof kept === "object" ? kept : undefined);
}

/**
 * The spec that a form asks for, and the secrets that were typed: their values are stored before the spec is applied. What the
 * form has no field for stays as `base` has it; what equals the package's default is left to the package.
 */
export function specOfForm(
  form: AppForm,
  of: Package,
  base?: AppSpec,
): { readonly spec: AppSpec; readonly typed: readonly TypedSecret[] } {
  const { manifest, components } = of.spec;
  const settings: Record<string, SettingValue> = {};
  const typed: TypedSecret[] = [];
  for (const [name, setting] of Object.entries(manifest.settings)) {
    const text = form.settings[name] ?? "";
    const held = base?.settings[name];
    if (setting.secret) {
      if (text !== "") typed.push({ setting: name, secret: secretOf(form.name, name, held), value: text });
      if (typeof held === "object") settings[name] = held;
      continue;
    }
    const value = valueOfText(setting, text);
    const isProposed = value === setting.default || (value === false && setting.default === undefined);
    if (value !== undefined && (!isProposed || held !== undefined)) settings[name] = value;
  }
  const { rollbackOf: _, licence, ...kept } = base ?? appSpecSchema.parse({ package: of.name });
  const spec: AppSpec = {
    ...kept,
    title: form.title.trim(),
    package: of.name,
    settings,
    requires: requirementsOf(form, manifest),
    hosts: membersOf(
      form.hosts,
      (text) => hostsOfText(text),
      (hosts) => hosts.length > 0,
    ),
    components: { ...kept.components },
    ...(form.licence ? { licence: licence ?? manifest.licence?.spdx ?? "accepted" } : {}),
  };
  for (const { name, replicas } of components) {
    const wanted = Number(form.replicas[name] ?? replicas);
    const override = kept.components[name];
    if (wanted !== replicas || override?.replicas !== undefined)
      spec.components[name] = { ...override, replicas: wanted };
  }
  return { spec, typed };
}

function requirementsOf(form: AppForm, { requires }: Manifest): AppSpec["requires"] {
  return Object.fromEntries(
    Object.entries(form.requires).flatMap(([name, { as, use }]) =>
      use === "" || requires[name] === undefined ? [] : [[name, as === "" ? { use } : { use, as }]],
    ),
  );
}

/** `adminPassword` of `news` is kept in `news-admin-password`; a secret that the setting has already gets a new version. */
function secretOf(app: string, setting: string, held: SettingValue | undefined): string {
  if (typeof held === "object") return held.secret;
  const kebab = setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replace(/^-|-+$/g, "");
  return `${app}-${kebab}`.slice(0, 63).replace(/-+$/, "");
}

export function hostsOfText(text: string): string[] {
  return text
    .split(/[\s,]+/)
    .map((host) => host.trim())
    .filter((host) => host !== "");
}

/** The field of the form that a path of the API means: `spec.hosts.site[0]` is shown at `hosts.site`. */
export function appFormPath(path: string): string {
  return path
    .replace(/^spec\./, "")
    .replace(/\[\d+\].*$/, "")
    .replace(/^components\.([^.]+)\..*$/, "replicas.$1")
    .replace(/^(requires\.[^.]+)\..*$/, "$1");
}

function mapMembers<T, R>(
  members: Readonly<Record<string, T>>,
  map: (value: T, name: string) => R,
): Record<string, R> {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, map(value, name)]));
}

function membersOf<T, R>(
  members: Readonly<Record<string, T>>,
  map: (value: T) => R,
  keep: (value: R) => boolean,
): Record<string, R> {
  return Object.fromEntries(
    Object.entries(members)
      .map(([name, value]) => [name, map(value)] as const)
      .filter(([, value]) => keep(value)),
  );
}

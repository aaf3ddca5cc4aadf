import { VdcError } from "#api/errors.ts";
import type { AppSpec } from "#api/kinds/app.ts";
import type { Component, Manifest } from "#api/manifest.ts";
import { ownMember } from "#lib/json.ts";

export interface EnvironmentInput {
  readonly component: Component;
  readonly manifest: Manifest;
  /** Values of settings that have one, secret ones opened. */
  readonly settings: ReadonlyMap<string, string>;
  /** What satisfies each requirement, as components see it: a secret's value, an app's URL, a volume's name. */
  readonly requires: ReadonlyMap<string, string>;
  /** Where its buckets are, and what opens them. */
  readonly buckets: Readonly<Record<string, string>>;
  readonly spec: AppSpec;
  readonly identity: {
    readonly project: string;
    readonly app: string;
    readonly component: string;
    readonly instance: string;
    readonly release: number;
  };
  readonly address: string;
  readonly port: number;
  readonly url?: string;
  /** Where the data center answers: the API for the app itself, the console for its users. */
  readonly center?: { readonly api: string; readonly console: string };
}

export interface ComponentEnvironment {
  readonly environment: Readonly<Record<string, string>>;
  readonly secretFiles: Readonly<Record<string, string>>;
}

/**
 * Everything that a component is told: the package's variables, then its buckets, the settings, the user's overrides, then what only VDC knows
 * and nobody may forge. Throws `invalid` when a variable names a setting that has no value.
 */
export function componentEnvironment(input: EnvironmentInput): ComponentEnvironment {
  const { component, manifest, settings, spec, identity } = input;
  const fromPackage = Object.entries(component.environment).map(
    ([name, text]) => [name, substitute(text, input)] as const,
  );
  const declared = Object.entries(manifest.settings).flatMap(([name, { environment, file }]) => {
    const value = settings.get(name);
    return value === undefined ? [] : [{ environment, file, value }];
  });
  const variables = declared.flatMap(({ environment, file, value }) =>
    environment === undefined || file !== undefined ? [] : [[environment, value] as const],
  );
  const files = declared.flatMap(({ file, value }) => (file === undefined ? [] : [[file, value] as const]));
  const overrides = Object.entries(ownMember(spec.components, component.name)?.environment ?? {});
  return {
    environment: {
      ...Object.fromEntries([...fromPackage, ...Object.entries(input.buckets), ...variables, ...overrides]),
      HOST: input.address,
      ...(input.port === 0 ? {} : { PORT: String(input.port) }),
      VDC_PROJECT: identity.project,
      VDC_APP: identity.app,
      VDC_COMPONENT: identity.component,
      VDC_INSTANCE: identity.instance,
      VDC_RELEASE: String(identity.release),
      ...(input.url === undefined ? {} : { VDC_URL: input.url }),
      ...(input.center === undefined
        ? {}
        : { VDC_API_URL: input.center.api, VDC_CONSOLE_URL: input.center.console }),
    },
    secretFiles: Object.fromEntries(files),
  };
}

/** `${settings.NAME}` and `${requires.NAME}`; anything else stays as it is. A setting without a value is an empty text. */
export function substitute(
  text: string,
  {
    manifest,
    settings,
    requires,
    component,
  }: Pick<EnvironmentInput, "manifest" | "settings" | "requires" | "component">,
): string {
  return text.replace(
    /\$\{(settings|requires)\.([A-Za-z0-9-]{1,64})\}/g,
    (whole, group: string, name: string) => {
      const value = group === "settings" ? settings.get(name) : requires.get(name);
      if (value !== undefined) return value;
      const declared = group === "settings" ? manifest.settings : manifest.requires;
      if (Object.hasOwn(declared, name)) return "";
      throw new VdcError(
        "invalid",
        `Component ${component.name} uses ${whole}, which the package does not have.`,
      );
    },
  );
}

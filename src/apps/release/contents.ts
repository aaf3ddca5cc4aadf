import { diffJson } from "#api/diff.ts";
import { appSpecSchema, rolloutSchema, type AppSpec } from "#api/kinds/app.ts";
import type { ReleaseSpec } from "#api/kinds/release.ts";
import { canonicalJson } from "#lib/json.ts";

/** Changes that a release keeps of its difference; the schema of releases allows no more. */
const maxChanges = 200;

/**
 * The part of an app's spec that its instances are made from: how many there are, how releases replace each other and
 * what people call the app are left out. Two specs with the same contents are the same release.
 */
export function releaseContents(spec: AppSpec): AppSpec {
  const { rollbackOf: _, components, ...kept } = spec;
  const overrides = Object.entries(components).flatMap(
    ([name, { replicas: _replicas, scale: _scale, ...override }]) =>
      Object.keys(override).length === 0 ? [] : [[name, override] as const],
  );
  return {
    ...kept,
    title: "",
    components: Object.fromEntries(overrides),
    rollout: rolloutSchema.parse({}),
    paused: false,
    stopped: false,
  };
}

export function sameContents(one: AppSpec, other: AppSpec): boolean {
  return canonicalJson(releaseContents(one)) === canonicalJson(releaseContents(other));
}

/** What changed between two releases, as people read it; a first release has no difference. */
export function releaseDifference(before: AppSpec | undefined, after: AppSpec): ReleaseSpec["difference"] {
  if (before === undefined) return [];
  const changes = diffJson({ ...releaseContents(before) }, { ...releaseContents(after) }).slice(
    0,
    maxChanges,
  );
  return structuredClone(changes) as ReleaseSpec["difference"]; // the same JSON, without `readonly`
}

/** The app's spec with the contents of a release: what a rollback writes. Scale and rollout policy stay as they are. */
export function withContents(spec: AppSpec, contents: AppSpec): AppSpec {
  const { title, rollout, paused, stopped } = spec;
  const names = new Set([...Object.keys(spec.components), ...Object.keys(contents.components)]);
  const components = Object.fromEntries(
    [...names].flatMap((name) => {
      const { replicas, scale } = spec.components[name] ?? {};
      const override = contents.components[name];
      if (replicas === undefined && scale === undefined && override === undefined) return [];
      const count = {
        ...(replicas === undefined ? {} : { replicas }),
        ...(scale === undefined ? {} : { scale }),
      };
      return [[name, { ...override, ...count }] as const];
    }),
  );
  const { rollbackOf: _, ...kept } = contents;
  return appSpecSchema.parse({ ...kept, title, rollout, paused, stopped, components });
}

import { keySpecSchema } from "#api/kinds/key.ts";
import { secretLabel } from "#api/objects.ts";
import type { Manifest } from "#api/manifest.ts";
import { canonicalJson } from "#lib/json.ts";
import type { AppAction } from "../actions.ts";
import { bucketKeyName, bucketSecretName } from "../names.ts";
import type { World } from "../world.ts";
import { requiredBuckets, s3NameOf } from "./wanted.ts";

/**
 * Buckets have no owner: they outlive the app, as volumes do. The key is the app's own, and is revoked with it; its credentials are issued into the secret that
 * its label names by whoever keeps the object store. Pure.
 */
export function planBuckets(
  { app, target, observed }: Pick<World, "app" | "target" | "observed">,
  manifest: Manifest | undefined,
): readonly AppAction[] {
  if (target === undefined || manifest === undefined) return [];
  const project = app.project ?? "";
  const wanted = requiredBuckets({ name: app.name, project }, target.spec.appSpec, manifest);
  if (wanted.length === 0) return [];
  const made = wanted.flatMap(({ bucket, madeAs, requirement, pages }): readonly AppAction[] =>
    madeAs === undefined || observed.buckets.has(bucket)
      ? []
      : [{ do: "make-bucket", app, name: bucket, s3Name: madeAs, requirement, pages }],
  );
  const s3Names = wanted.map(({ bucket, madeAs }) => {
    const standing = observed.buckets.get(bucket);
    return standing === undefined ? (madeAs ?? bucket) : s3NameOf(standing);
  });
  return [...made, ...planKey({ app, observed }, [...new Set(s3Names)].toSorted())];
}

/** A key of the same name that is not the app's own is left alone: its holder may be anybody. */
function planKey(
  { app, observed }: Pick<World, "app" | "observed">,
  buckets: readonly string[],
): readonly AppAction[] {
  const name = bucketKeyName(app.name);
  const labels = { [secretLabel]: bucketSecretName(app.name) };
  const description = `Made for app ${app.name}`;
  const spec = keySpecSchema.parse({ description, buckets, access: "write" });
  const standing = observed.keys.get(name);
  if (standing !== undefined) {
    if (standing.deletingSince !== undefined || standing.owner?.id !== app.id) return [];
    const isTrue =
      canonicalJson({ spec: { ...standing.spec }, labels: { ...standing.labels } }) ===
      canonicalJson({ spec: { ...spec }, labels });
    if (isTrue) return [];
  }
  return [{ do: "put-key", app, name, labels, spec }];
}

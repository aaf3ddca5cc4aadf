import { VdcError } from "#api/errors.ts";
import type { AppSpec } from "#api/kinds/app.ts";
import type { Manifest } from "#api/manifest.ts";
import { heldPairSchema } from "#api/objects.ts";
import type { ResourceStore } from "#store/store.ts";
import { requiredBuckets, s3NameOf } from "../bucket/wanted.ts";
import { bucketSecretName } from "../names.ts";
import type { Bucket } from "../observed.ts";
import type { S3Place, SecretValues } from "../ports.ts";

/**
 * The variables that S3's libraries and tools look for, and the name of each bucket as `S3_BUCKET_<REQUIREMENT>`. Empty for an app that requires no bucket.
 * Throws `unavailable` while a bucket or the credentials are still being made: the next try may have them.
 */
export async function bucketEnvironment(
  app: { readonly project: string; readonly name: string },
  spec: AppSpec,
  manifest: Pick<Manifest, "requires">,
  ports: {
    readonly resources: Pick<ResourceStore, "get">;
    readonly secrets: SecretValues;
    readonly s3: S3Place | undefined;
  },
): Promise<Readonly<Record<string, string>>> {
  const wanted = requiredBuckets(app, spec, manifest);
  if (wanted.length === 0) return {};
  const { resources, secrets, s3 } = ports;
  if (s3 === undefined)
    throw new VdcError(
      "unsupported",
      "The app requires a bucket, and this data center has no object storage.",
    );
  const buckets: Record<string, string> = {};
  for (const { requirement, bucket } of wanted) {
    // The store holds what the kind's schema let in.
    const found = (await resources.get({ kind: "bucket", project: app.project, name: bucket })) as
      | Bucket
      | undefined;
    if (found?.status.phase !== "ready") throw notReady(bucket, found);
    buckets[`S3_BUCKET_${requirement.toUpperCase().replaceAll("-", "_")}`] = s3NameOf(found);
  }
  const { accessKeyId, secretAccessKey } = await credentials(app, secrets);
  return {
    S3_ENDPOINT: s3.endpoint,
    S3_REGION: s3.region,
    AWS_ENDPOINT_URL_S3: s3.endpoint,
    AWS_REGION: s3.region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...buckets,
  };
}

function notReady(name: string, found: Bucket | undefined): VdcError {
  const refused = found?.status.phase === "refused" ? found.status.reason : undefined;
  if (refused !== undefined) return new VdcError("conflict", `Bucket ${name} cannot be made: ${refused}`);
  return new VdcError("unavailable", `Bucket ${name} is not ready yet.`);
}

async function credentials(
  { project, name }: { readonly project: string; readonly name: string },
  secrets: SecretValues,
) {
  const secret = bucketSecretName(name);
  const held = await secrets.read(project, secret);
  if (held === undefined)
    throw new VdcError("unavailable", `The credentials in secret ${secret} are not issued yet.`);
  const { data } = heldPairSchema.safeParse(jsonOf(held.value));
  if (data === undefined) throw new VdcError("invalid", `Secret ${secret} does not hold credentials for S3.`);
  return data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // told by the caller, without the value
  }
}

import type { AppSpec } from "#api/kinds/app.ts";
import type { Manifest } from "#api/manifest.ts";
import { ownMember } from "#lib/json.ts";
import { bucketName, s3BucketName } from "../names.ts";
import type { Bucket } from "../observed.ts";

export interface RequiredBucket {
  readonly requirement: string;
  /** Name of the bucket resource. */
  readonly bucket: string;
  /** Name for S3 of one that is made for the app; absent for one that the installer chose. */
  readonly madeAs?: string;
  /** Whether pages of the app read and write it by signed addresses. */
  readonly pages: boolean;
}

/** The buckets that an app gets: those that the installer chose, else ones that are made for it. */
export function requiredBuckets(
  { name, project }: { readonly name: string; readonly project: string },
  spec: AppSpec,
  manifest: Pick<Manifest, "requires">,
): readonly RequiredBucket[] {
  return Object.entries(manifest.requires).flatMap(([requirement, { type, anyOf, optional, pages }]) => {
    const given = ownMember(spec.requires, requirement);
    const chosen = anyOf?.find((one) => one.name === given?.as)?.type ?? type;
    if (chosen !== "bucket") return [];
    if (given !== undefined) return [{ requirement, bucket: given.use, pages }];
    if (optional) return [];
    return [
      {
        requirement,
        bucket: bucketName(name, requirement),
        madeAs: s3BucketName(project, name, requirement),
        pages,
      },
    ];
  });
}

/** Name for S3 of a bucket that may not be there yet. */
export function s3NameOf({ name, spec, status }: Pick<Bucket, "name" | "spec" | "status">): string {
  return status.s3Name ?? spec.s3Name ?? name;
}

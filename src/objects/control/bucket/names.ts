import { createHash } from "node:crypto";
import { nameSchema } from "#api/names.ts";
import type { Bucket } from "../ports.ts";

const hashCharacters = 8;
const maxName = 63;

/** Whether there was a bucket of it when it was last looked at. */
export function hasBucket({ status }: Pick<Bucket, "status">): boolean {
  return status.s3Name !== undefined && (status.phase === "ready" || status.phase === "emptying");
}

/** The name that S3 clients use. Once there is a bucket it keeps its name: S3 cannot rename. */
export function s3NameOf(bucket: Pick<Bucket, "name" | "spec" | "status">): string {
  const { name, spec, status } = bucket;
  return (hasBucket(bucket) ? status.s3Name : undefined) ?? spec.s3Name ?? name;
}

/** A resource's name for a bucket that an S3 client made: its own where that is a resource's name and free. */
export function importedName(s3Name: string, taken: ReadonlySet<string>): string {
  if (nameSchema.safeParse(s3Name).success && !taken.has(s3Name)) return s3Name;
  const hash = createHash("sha256").update(s3Name).digest("hex").slice(0, hashCharacters);
  const readable = s3Name.replace(/[^a-z0-9-]+/g, "-").slice(0, maxName - hashCharacters - 1);
  return `${readable.replace(/-+$/, "")}-${hash}`;
}

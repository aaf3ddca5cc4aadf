import type { Attribution } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import type { NewAuditEntry } from "#api/records.ts";
import { hasBucket, s3NameOf } from "../bucket/names.ts";
import type { Bucket } from "../ports.ts";
import type { Named, ObjectsServiceOptions } from "./base.ts";

/** The S3 name of a bucket that is there. */
export async function requireBucket(
  { resources }: Pick<ObjectsServiceOptions, "resources">,
  { project, name }: Named,
): Promise<string> {
  // The store holds what the kind's schema let in.
  const bucket = (await resources.get({ kind: "bucket", project, name })) as Bucket | undefined;
  if (bucket === undefined)
    throw new VdcError("not-found", `There is no bucket '${name}' in project '${project}'.`);
  // Only what the project really has: the name of a bucket that was refused belongs to somebody else.
  if (hasBucket(bucket)) return s3NameOf(bucket);
  const { reason = "It is not ready yet." } = bucket.status;
  throw new VdcError("unavailable", `Bucket ${name}: ${reason}`);
}

/** Into the audit chain: data was changed past S3, on somebody's account. */
export async function audited(
  { audit }: Pick<ObjectsServiceOptions, "audit">,
  { project, name }: Named,
  verb: string,
  detail: NonNullable<NewAuditEntry["detail"]>,
  by: Attribution,
): Promise<void> {
  const target = { kind: "bucket", project, name };
  await audit.append([{ ...by, verb, target, outcome: "done", detail }]);
}

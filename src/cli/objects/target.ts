import type { Call } from "#cli/declare.ts";
import { projectOf } from "#cli/apps/app-target.ts";
import { UsageError } from "#cli/usage-error.ts";

/** A bucket of a project, and a key in it. */
export interface ObjectTarget {
  readonly project: string;
  readonly bucket: string;
  /** Empty: the whole bucket. */
  readonly key: string;
}

/** `BUCKET` or `BUCKET/KEY`; everything after the first slash is the key, slashes too. */
export function objectTarget(call: Pick<Call, "flags">, word: string | undefined): ObjectTarget {
  if (word === undefined || word === "") throw new UsageError("the name of a bucket is missing");
  const slash = word.indexOf("/");
  const bucket = slash === -1 ? word : word.slice(0, slash);
  if (bucket === "")
    throw new UsageError(`'${word.slice(0, 100)}' does not name a bucket`, "write BUCKET/KEY");
  return { project: projectOf(call), bucket, key: slash === -1 ? "" : word.slice(slash + 1) };
}

/** The same, for what needs a key. */
export function keyTarget(call: Pick<Call, "flags">, word: string | undefined): ObjectTarget {
  const target = objectTarget(call, word);
  if (target.key === "") throw new UsageError("the key of an object is missing", "write BUCKET/KEY");
  return target;
}

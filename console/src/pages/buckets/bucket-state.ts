import type { Bucket, Key } from "#console/data/object-queries.ts";
import type { Tone } from "#console/kit/state.tsx";

interface Shown {
  readonly tone: Tone;
  readonly text: string;
}

export function bucketState({ status, deletingSince }: Bucket): Shown {
  if (status.phase === "emptying") return { tone: "busy", text: "emptying" };
  if (deletingSince !== undefined) return { tone: "busy", text: "deleting" };
  if (status.phase === "ready") return { tone: "good", text: "ready" };
  if (status.phase === "refused") return { tone: "bad", text: "refused" };
  return { tone: "busy", text: "being made" };
}

export function keyState({ status, deletingSince }: Key): Shown {
  if (deletingSince !== undefined) return { tone: "busy", text: "deleting" };
  if (status.phase === "active") return { tone: "good", text: "active" };
  if (status.phase === "expired") return { tone: "warn", text: "expired" };
  return { tone: "rest", text: "not issued" };
}

/** The name that S3 clients use. */
export function s3NameOf({ name, spec, status }: Bucket): string {
  return status.s3Name ?? spec.s3Name ?? name;
}

import type { Condition } from "./condition.ts";

/** A bucket policy that was understood completely. */
export interface Policy {
  readonly statements: readonly Statement[];
  /** Whether a condition looks at the tags of the existing object, which must then be fetched before deciding. */
  readonly readsObjectTags: boolean;
}

export interface Statement {
  readonly effect: "Allow" | "Deny";
  readonly principals: readonly Principal[];
  readonly actions: Patterns;
  /** Without `arn:aws:s3:::`: `bucket` or `bucket/key`, with wildcards. */
  readonly resources: Patterns;
  readonly conditions: readonly Condition[];
}

export type Principal =
  | { readonly type: "any" }
  /** Every key of a project. */
  | { readonly type: "project"; readonly project: string }
  /** One key resource of a project, or one access key id. */
  | { readonly type: "user"; readonly project: string; readonly user: string };

/** `NotAction` and `NotResource` are negated. */
export interface Patterns {
  readonly patterns: readonly string[];
  readonly negated: boolean;
}

import type { BucketConfig } from "#api/objects.ts";

type CorsRule = NonNullable<BucketConfig["cors"]>[number];
type LifecycleRule = NonNullable<BucketConfig["lifecycle"]>[number];

/** A CORS rule as it is typed: lists have one entry a line. */
export interface CorsDraft {
  readonly origins: string;
  readonly methods: readonly CorsRule["allowedMethods"][number][];
  readonly headers: string;
  readonly expose: string;
  readonly maxAge: string;
}

/** A lifecycle rule as it is typed; "" is not said. */
export interface LifecycleDraft {
  readonly id: string;
  readonly enabled: boolean;
  readonly prefix: string;
  readonly expireDays: string;
  readonly expireNoncurrentDays: string;
  readonly abortUploadsDays: string;
}

/** The settings of a bucket as they are typed. */
export interface BucketDraft extends Pick<
  BucketConfig,
  "versioning" | "publicAccessBlock" | "encryption" | "objectLock"
> {
  readonly policy: string;
  readonly cors: readonly CorsDraft[];
  readonly lifecycle: readonly LifecycleDraft[];
  /** `name=value`, one a line. */
  readonly tags: string;
}

export function draftOf(config: BucketConfig): BucketDraft {
  const { versioning, publicAccessBlock, encryption, objectLock, policy, cors, lifecycle, tags } = config;
  return {
    versioning,
    publicAccessBlock,
    encryption,
    objectLock,
    policy: policy ?? "",
    cors: (cors ?? []).map((rule) => ({
      origins: rule.allowedOrigins.join("\n"),
      methods: rule.allowedMethods,
      headers: rule.allowedHeaders.join("\n"),
      expose: rule.exposeHeaders.join("\n"),
      maxAge: textOf(rule.maxAgeSeconds),
    })),
    lifecycle: (lifecycle ?? []).map((rule) => ({
      id: rule.id,
      enabled: rule.enabled,
      prefix: rule.prefix,
      expireDays: textOf(rule.expireDays),
      expireNoncurrentDays: textOf(rule.expireNoncurrentDays),
      abortUploadsDays: textOf(rule.abortUploadsDays),
    })),
    tags: Object.entries(tags ?? {})
      .map(([name, value]) => `${name}=${value}`)
      .join("\n"),
  };
}

/** What was typed as the API takes it. What is empty is not set; the server checks the rest. */
export function configOf(draft: BucketDraft): BucketConfig {
  const { versioning, publicAccessBlock, encryption, objectLock, policy, cors, lifecycle } = draft;
  const tags = linesOf(draft.tags).map((line): [string, string] => {
    const [name = "", ...value] = line.split("=");
    return [name.trim(), value.join("=").trim()];
  });
  return {
    versioning,
    publicAccessBlock,
    encryption,
    objectLock,
    policy: policy.trim() === "" ? null : policy,
    cors: cors.length === 0 ? null : cors.map(corsOf),
    lifecycle: lifecycle.length === 0 ? null : lifecycle.map(lifecycleOf),
    tags: tags.length === 0 ? null : Object.fromEntries(tags),
  };
}

function corsOf({ origins, methods, headers, expose, maxAge }: CorsDraft): CorsRule {
  return {
    allowedOrigins: linesOf(origins),
    allowedMethods: [...methods],
    allowedHeaders: linesOf(headers),
    exposeHeaders: linesOf(expose),
    ...numbered("maxAgeSeconds", maxAge),
  };
}

function lifecycleOf(draft: LifecycleDraft): LifecycleRule {
  return {
    id: draft.id,
    enabled: draft.enabled,
    prefix: draft.prefix,
    ...numbered("expireDays", draft.expireDays),
    ...numbered("expireNoncurrentDays", draft.expireNoncurrentDays),
    ...numbered("abortUploadsDays", draft.abortUploadsDays),
  };
}

function numbered<Name extends string>(name: Name, text: string): { readonly [N in Name]?: number } {
  // The one member has the name that was given.
  return (text.trim() === "" ? {} : { [name]: Number(text) }) as { readonly [N in Name]?: number };
}

function textOf(value: number | undefined): string {
  return value === undefined ? "" : String(value);
}

function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** Why a policy is no JSON, before the server judges what it says; undefined when it may be sent. */
export function policyProblem(text: string): string | undefined {
  if (text.trim() === "") return undefined;
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return `is no JSON: ${error instanceof Error ? error.message : "it cannot be read"}`;
  }
}

/** A policy by which anybody may read every object, to begin from. */
export function publicReadPolicy(bucket: string): string {
  const statement = {
    Sid: "AnybodyMayRead",
    Effect: "Allow",
    Principal: "*",
    Action: ["s3:GetObject"],
    Resource: [`arn:aws:s3:::${bucket}/*`],
  };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] }, null, 2);
}

import type { BucketRecord, CorsRule } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { S3Response } from "#objects/s3/operation.ts";

type Headers = ReadonlyMap<string, string>;

/** What other origins may do, the first rule that fits. */
type Rules = readonly CorsRule[];

/** A signature in the address: who holds it may do this one thing from anywhere, so that a page gains nothing by being let in. */
const presigned = /[?&]X-Amz-Signature=/i;

/**
 * The rules for one request: those of its bucket, and before them, for an address that carries its own signature, one for the
 * console's pages, which work with buckets that have no rules.
 */
export function corsRules(
  bucket: BucketRecord | undefined,
  rawTarget: string,
  trustedOrigins: readonly string[],
): Rules {
  const own = bucket?.cors ?? [];
  if (trustedOrigins.length === 0 || !presigned.test(rawTarget)) return own;
  return [{ ...consoleRule, allowedOrigins: trustedOrigins }, ...own];
}

const consoleRule = {
  allowedMethods: ["GET", "HEAD", "PUT", "POST", "DELETE"],
  allowedHeaders: ["*"],
  exposeHeaders: ["ETag", "Content-Range", "x-amz-version-id"],
  maxAgeSeconds: 3600,
} as const;

/** What an answer says to a page of another origin; nothing when no rule knows it. */
export function corsHeaders(rules: Rules, method: string, headers: Headers): Record<string, string> {
  const origin = headers.get("origin");
  if (origin === undefined) return {};
  const rule = ruleFor(rules, { origin, method, headers: [] });
  return rule === undefined ? {} : grant(rule, origin);
}

/** OPTIONS: whether a browser may send what it is about to send. It carries no signature and shows nothing but the rule. */
export function preflight(rules: Rules, headers: Headers, resourceType: "SERVICE" | "OBJECT"): S3Response {
  const origin = headers.get("origin");
  const method = headers.get("access-control-request-method");
  if (origin === undefined)
    throw new S3Error("InvalidRequest", "Insufficient information. Origin request header needed.");
  if (method === undefined)
    throw new S3Error("InvalidRequest", "Invalid Access-Control-Request-Method: null");
  const asked = (headers.get("access-control-request-headers") ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
  const rule = ruleFor(rules, { origin, method, headers: asked });
  if (rule === undefined)
    throw new S3Error("AccessForbidden", "CORSResponse: This CORS request is not allowed.", {
      details: { Method: method, ResourceType: resourceType },
    });
  return {
    status: 200,
    headers: {
      ...grant(rule, origin),
      "access-control-allow-methods": rule.allowedMethods.join(", "),
      ...(asked.length === 0 ? {} : { "access-control-allow-headers": asked.join(", ") }),
      ...(rule.maxAgeSeconds === undefined ? {} : { "access-control-max-age": String(rule.maxAgeSeconds) }),
    },
  };
}

function grant(rule: CorsRule, origin: string): Record<string, string> {
  // With `*` a browser sends no credentials, so that it may be answered to everybody alike.
  const anyone = rule.allowedOrigins.includes("*");
  return {
    "access-control-allow-origin": anyone ? "*" : origin,
    ...(anyone ? {} : { "access-control-allow-credentials": "true" }),
    ...(rule.exposeHeaders.length === 0
      ? {}
      : { "access-control-expose-headers": rule.exposeHeaders.join(", ") }),
    "access-control-allow-methods": rule.allowedMethods.join(", "),
    vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
  };
}

/** The first rule that fits, as at S3. */
function ruleFor(
  rules: Rules,
  asked: { readonly origin: string; readonly method: string; readonly headers: readonly string[] },
): CorsRule | undefined {
  return rules.find(
    (rule) =>
      rule.allowedOrigins.some((pattern) => matches(pattern, asked.origin)) &&
      rule.allowedMethods.includes(asked.method) &&
      asked.headers.every((name) =>
        rule.allowedHeaders.some((pattern) => matches(pattern.toLowerCase(), name)),
      ),
  );
}

/** At most one `*`, which was checked when the rule was put. */
function matches(pattern: string, text: string): boolean {
  const star = pattern.indexOf("*");
  if (star === -1) return pattern === text;
  return (
    text.length >= pattern.length - 1 &&
    text.startsWith(pattern.slice(0, star)) &&
    text.endsWith(pattern.slice(star + 1))
  );
}

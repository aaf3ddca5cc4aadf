import type { Headers } from "../headers.ts";
import { type Fact, unknown } from "./condition.ts";

/** What conditions may look at. */
export interface RequestFacts {
  readonly now: number;
  readonly remoteAddress: string;
  readonly secure: boolean;
  readonly headers: Headers;
  readonly query: ReadonlyMap<string, string>;
  readonly authType: "REST-HEADER" | "REST-QUERY-STRING" | "POST" | undefined;
  /** When the request was signed, milliseconds. */
  readonly signedAt: number | undefined;
  /** Tags that the request gives the object; undefined when they are in the body. */
  readonly requestTags: ReadonlyMap<string, string> | undefined;
  /** Tags of the object as it is; undefined when nobody has looked. */
  readonly objectTags: Readonly<Record<string, string>> | undefined;
  /** Whether it is about the thing that the request-target names; another one's version and list parameters are not in it. */
  readonly primary: boolean;
}

export const objectTagKey = "s3:existingobjecttag/";
export const requestTagKey = "s3:requestobjecttag/";

type Read = (facts: RequestFacts) => Fact;

const fromHeader =
  (name: string): Read =>
  (facts) =>
    facts.headers.get(name);
const fromQuery =
  (name: string): Read =>
  (facts) =>
    facts.primary ? facts.query.get(name) : undefined;

const reads: ReadonlyMap<string, Read> = new Map<string, Read>([
  ["aws:currenttime", (facts) => new Date(facts.now).toISOString()],
  ["aws:epochtime", (facts) => String(Math.floor(facts.now / 1000))],
  ["aws:referer", fromHeader("referer")],
  ["aws:securetransport", (facts) => String(facts.secure)],
  ["aws:sourceip", (facts) => facts.remoteAddress],
  ["aws:useragent", fromHeader("user-agent")],
  ["s3:authtype", (facts) => facts.authType],
  ["s3:delimiter", fromQuery("delimiter")],
  ["s3:max-keys", fromQuery("max-keys")],
  ["s3:prefix", fromQuery("prefix")],
  [
    "s3:signatureage",
    (facts) => (facts.signedAt === undefined ? undefined : String(Math.max(0, facts.now - facts.signedAt))),
  ],
  ["s3:signatureversion", (facts) => (facts.authType === undefined ? undefined : "AWS4-HMAC-SHA256")],
  ["s3:versionid", (facts) => (facts.primary ? facts.query.get("versionId") : unknown)],
  ...[
    "x-amz-acl",
    "x-amz-content-sha256",
    "x-amz-copy-source",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
    "x-amz-metadata-directive",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-storage-class",
  ].map((name): readonly [string, Read] => [`s3:${name}`, fromHeader(name)]),
]);

export function isFactKey(key: string): boolean {
  const normal = normalFactKey(key);
  return reads.has(normal) || tagName(normal, objectTagKey) !== "" || tagName(normal, requestTagKey) !== "";
}

/** Keys are compared without case; a tag's own name keeps it. */
export function normalFactKey(key: string): string {
  const slash = key.indexOf("/");
  return slash === -1 ? key.toLowerCase() : key.slice(0, slash).toLowerCase() + key.slice(slash);
}

/** `key` in its normal form. */
export function factOf(key: string, facts: RequestFacts): Fact {
  const objectTag = tagName(key, objectTagKey);
  if (objectTag !== "")
    return facts.primary && facts.objectTags !== undefined
      ? Object.entries(facts.objectTags).find(([name]) => name === objectTag)?.[1]
      : unknown;
  const requestTag = tagName(key, requestTagKey);
  if (requestTag !== "") return facts.requestTags === undefined ? unknown : facts.requestTags.get(requestTag);
  return reads.get(key)?.(facts);
}

function tagName(key: string, beginning: string): string {
  return key.startsWith(beginning) ? key.slice(beginning.length) : "";
}

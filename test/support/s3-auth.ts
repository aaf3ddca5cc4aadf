import type { Clock } from "#lib/clock.ts";
import type { Configuration } from "#objects/catalog.ts";
import type { AccessKeyRecord, BucketRecord } from "#objects/records.ts";
import type { ChooseOperation } from "#objects/s3/auth/admit.ts";
import type { Admission } from "#objects/s3/auth/candidate.ts";
import type { RawRequest } from "#objects/s3/auth/raw-request.ts";
import { SigningKeys } from "#objects/s3/auth/signing-key.ts";
import { S3Error } from "#objects/s3-error.ts";

/** Credentials and time of the examples in AWS's documentation. */
export const exampleKey: AccessKeyRecord = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  owner: "docs",
  project: "shop",
  scope: { access: "full" },
  createdAt: 0,
};
export const exampleTime = Date.UTC(2013, 4, 24);
export const exampleCredentials = {
  accessKeyId: exampleKey.accessKeyId,
  secretAccessKey: exampleKey.secretAccessKey,
  region: "us-east-1",
};

export function testBucket(fields: Partial<BucketRecord> = {}): BucketRecord {
  return {
    name: "examplebucket",
    id: "b1",
    project: "shop",
    createdAt: 0,
    versioning: "off",
    acl: "private",
    sequence: 1,
    ...fields,
  };
}

export function testConfiguration(
  buckets: readonly BucketRecord[],
  keys: readonly AccessKeyRecord[] = [exampleKey],
): Configuration {
  return {
    key: (id) => keys.find((key) => key.accessKeyId === id),
    bucket: (name) => buckets.find((bucket) => bucket.name === name),
    buckets: (project) => buckets.filter((bucket) => project === undefined || bucket.project === project),
  };
}

/** Stands still, and never stalls. */
export function stillClock(now: number): Clock {
  return {
    now: () => now,
    monotonic: () => 0,
    sleep: () => new Promise<void>(() => undefined),
    after: () => ({ [Symbol.dispose]: () => undefined }),
  };
}

export function testAdmission(
  configuration: Configuration = testConfiguration([testBucket()]),
  options: Partial<Admission> = {},
): Admission {
  return {
    configuration,
    signing: new SigningKeys(),
    clock: stillClock(exampleTime),
    region: "us-east-1",
    baseDomains: ["s3.amazonaws.com"],
    objectTags: async () => ({}),
    objectAccess: async () => undefined,
    ...options,
  };
}

/** A raw request; the body in pieces of `pieceBytes`, each a copy of its own as from a socket. */
export function rawRequest(fields: {
  readonly method?: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>> | readonly string[];
  readonly body?: string | Uint8Array;
  readonly pieceBytes?: number;
  readonly remoteAddress?: string;
}): RawRequest {
  const body = Buffer.from(fields.body ?? "");
  const { headers } = fields;
  return {
    id: "r1",
    method: fields.method ?? "GET",
    rawTarget: fields.target,
    rawHeaders: isList(headers) ? headers : Object.entries(headers).flat(),
    body: pieces(body, fields.pieceBytes ?? 65_536),
    remoteAddress: fields.remoteAddress ?? "192.0.2.7",
    secure: false,
  };
}

function isList(headers: Readonly<Record<string, string>> | readonly string[]): headers is readonly string[] {
  return Array.isArray(headers);
}

export async function* pieces(body: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += pieceBytes) yield Buffer.from(body.subarray(at, at + pieceBytes));
}

/** A small router in the way of the real one. */
export const chooseOperation: ChooseOperation = ({ method, key, bucketName, headers }) => {
  if (bucketName === undefined) return { name: "ListBuckets", action: "s3:ListAllMyBuckets", body: "none" };
  if (key === undefined && method === "POST" && headers.has("content-type"))
    return { name: "DeleteObjects", action: "s3:DeleteObject", body: "xml" };
  if (key === undefined && method === "POST")
    return { name: "PostObject", action: "s3:PutObject", body: "object" };
  if (key === undefined && method === "PUT")
    return { name: "CreateBucket", action: "s3:CreateBucket", body: "xml" };
  if (key === undefined) return { name: "ListObjectsV2", action: "s3:ListBucket", body: "none" };
  if (method === "PUT") return { name: "PutObject", action: "s3:PutObject", body: "object" };
  if (method === "DELETE") return { name: "DeleteObject", action: "s3:DeleteObject", body: "none" };
  return { name: "GetObject", action: "s3:GetObject", body: "none" };
};

/** The S3 code that `run` fails with, or `passes`. Anything but S3Error is thrown on. */
export async function outcome(run: () => unknown): Promise<string> {
  try {
    await run();
    return "passes";
  } catch (error) {
    if (error instanceof S3Error) return error.code;
    throw error;
  }
}

import { S3Error } from "#objects/s3-error.ts";
import type { Operation } from "#objects/s3/operation.ts";

import { operations } from "./table.ts";

/** What a request is routed by. */
interface Routed {
  readonly method: string;
  readonly bucketName?: string;
  readonly key?: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: ReadonlyMap<string, string>;
}

/** By level and method; those that need most come first. */
const byPlace = Map.groupBy(
  operations.toSorted((a, b) => needs(b) - needs(a)),
  (operation) => `${operation.level} ${operation.method}`,
);

/** Query parameters that make a request another call. One that the chosen operation does not know must not be passed over: `PUT /bucket?replication` is no CreateBucket. */
const subresources: ReadonlySet<string> = new Set(operations.flatMap((operation) => operation.query ?? []));
/** Known to several operations as details; what they mean to others is nothing. */
const details: ReadonlySet<string> = new Set(["versionId", "partNumber"]);

/** The operation that a request asks for. Throws MethodNotAllowed, or InvalidArgument for sub-resources that exclude each other. */
export function routeOf(request: Routed): Operation {
  const level =
    request.key !== undefined ? "object" : request.bucketName !== undefined ? "bucket" : "service";
  const asked = [...request.query.keys()].filter((name) => subresources.has(name) && !details.has(name));
  const candidates = byPlace.get(`${level} ${request.method}`) ?? [];
  const operation = candidates.find((candidate) => fits(candidate, request));
  if (operation === undefined) throw notAllowed(request);
  if (asked.every((name) => operation.query?.includes(name) === true)) return operation;
  if (asked.length > 1)
    throw new S3Error("InvalidArgument", "Conflicting query string parameters", {
      details: { ResourceType: asked.join(", ") },
    });
  throw notAllowed(request, asked[0]);
}

function fits(operation: Operation, request: Routed): boolean {
  if (operation.header !== undefined && !request.headers.has(operation.header)) return false;
  return operation.query?.every((name) => request.query.has(name)) ?? true;
}

function needs(operation: Operation): number {
  return (operation.query?.length ?? 0) + (operation.header === undefined ? 0 : 1);
}

function notAllowed(request: Routed, subresource = ""): S3Error {
  return new S3Error("MethodNotAllowed", undefined, {
    details: { Method: request.method, ...(subresource === "" ? {} : { ResourceType: subresource }) },
  });
}

import assert from "node:assert/strict";
import test from "node:test";

import { S3Error } from "#objects/s3-error.ts";

import { routeOf } from "./route.ts";
import { operations } from "./table.ts";

function route(method: string, target: string, headers: Readonly<Record<string, string>> = {}): string {
  const url = new URL(target, "http://s3.test");
  const [bucket = "", ...key] = url.pathname.slice(1).split("/");
  return routeOf({
    method,
    ...(bucket === "" ? {} : { bucketName: bucket }),
    ...(key.join("/") === "" ? {} : { key: key.join("/") }),
    query: new Map(url.searchParams),
    headers: new Map(Object.entries(headers)),
  }).name;
}

test("method, level, query and header choose the operation that needs most of them", () => {
  const copy = { "x-amz-copy-source": "/a/b" };
  assert.equal(route("GET", "/"), "ListBuckets");
  assert.equal(route("GET", "/b"), "ListObjects");
  assert.equal(route("GET", "/b?list-type=2&prefix=x&x-id=ListObjectsV2"), "ListObjectsV2");
  assert.equal(route("GET", "/b?versions&prefix=x"), "ListObjectVersions");
  assert.equal(route("PUT", "/b"), "CreateBucket");
  assert.equal(route("PUT", "/b/k?x-id=PutObject"), "PutObject");
  assert.equal(route("PUT", "/b/k", copy), "CopyObject");
  assert.equal(route("PUT", "/b/k?partNumber=1&uploadId=u"), "UploadPart");
  assert.equal(route("PUT", "/b/k?partNumber=1&uploadId=u", copy), "UploadPartCopy");
  assert.equal(route("POST", "/b/k?uploads"), "CreateMultipartUpload");
  assert.equal(route("POST", "/b/k?uploadId=u"), "CompleteMultipartUpload");
  assert.equal(route("GET", "/b/k?partNumber=2"), "GetObject");
  assert.equal(route("POST", "/b"), "PostObject");
});

test("a call on a named version asks for a right of its own", () => {
  const action = (query: string) =>
    routeOf({
      method: "GET",
      bucketName: "b",
      key: "k",
      query: new Map(new URLSearchParams(query)),
      headers: new Map(),
    }).action;
  assert.equal(action(""), "s3:GetObject");
  assert.equal(action("versionId=1"), "s3:GetObjectVersion");
  assert.equal(action("tagging&versionId=1"), "s3:GetObjectVersionTagging");
});

test("a sub-resource that an operation does not know never falls through to a plain one", () => {
  for (const [method, target] of [
    ["PUT", "/b?uploads"],
    ["PUT", "/b/k?uploads"],
    ["DELETE", "/b?versioning"],
    ["DELETE", "/b?acl"],
    ["DELETE", "/b/k?acl"],
    ["GET", "/b/k?delete"],
    ["PUT", "/b/k?uploadId=u"],
    ["PATCH", "/b/k"],
    ["POST", "/"],
  ] as const)
    assert.throws(
      () => route(method, target),
      (error: unknown) => error instanceof S3Error && error.code === "MethodNotAllowed",
      `${method} ${target}`,
    );
  assert.throws(
    () => route("GET", "/b?acl&policy"),
    (error: unknown) => error instanceof S3Error && error.code === "InvalidArgument",
  );
});

test("every operation of the table is reached by its own name", () => {
  for (const operation of operations) {
    const path = { service: "/", bucket: "/b", object: "/b/k" }[operation.level];
    const query = (operation.query ?? []).map((name) => `${name}=1`).join("&");
    const headers = operation.header === undefined ? {} : { [operation.header]: "/a/b" };
    assert.equal(route(operation.method, `${path}?${query}`, headers), operation.name);
  }
});

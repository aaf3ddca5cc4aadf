import assert from "node:assert/strict";
import test from "node:test";

import { S3Error } from "#objects/s3-error.ts";

import { parseCopySource } from "./copy-source.ts";

test("the source of a copy is decoded once, whatever way clients write it", () => {
  const plain = { bucket: "b", versionId: undefined };
  assert.deepEqual(parseCopySource("/b/a/c"), { ...plain, key: "a/c" });
  assert.deepEqual(parseCopySource("b/a%2Fc"), { ...plain, key: "a/c" });
  assert.deepEqual(parseCopySource("b/a%252Fc"), { ...plain, key: "a%2Fc" });
  assert.deepEqual(parseCopySource("b/a+b%2B"), { ...plain, key: "a+b+" });
  assert.deepEqual(parseCopySource("b//x"), { ...plain, key: "/x" });
  assert.deepEqual(parseCopySource("b/%3Fq?versionId=v%3D"), { bucket: "b", key: "?q", versionId: "v=" });
  // Clients that do not encode send UTF-8, which arrives with one character a byte.
  const raw = Buffer.from("b/ü", "utf8").toString("latin1");
  assert.deepEqual(parseCopySource(raw), { ...plain, key: "ü" });
});

test("a source of a copy that names no object is refused", () => {
  for (const header of [
    "",
    "b",
    "/b",
    "b/",
    "/b/",
    "b/%zz",
    "b/%ff",
    "b/a%00",
    "a%2Fb/c",
    "b/k?versionId=",
    "b/k?other=1",
  ])
    assert.throws(
      () => parseCopySource(header),
      (error: unknown) => error instanceof S3Error && error.code === "InvalidArgument",
      header,
    );
});

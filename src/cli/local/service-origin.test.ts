import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceOrigin } from "./service-origin.ts";

test("the address that others reach S3 at is an http one without a path, user or query", () => {
  assert.equal(serviceOrigin("https://s3.example.org"), "https://s3.example.org");
  assert.equal(serviceOrigin("http://192.0.2.7:9000/"), "http://192.0.2.7:9000");
  for (const text of [
    "s3.example.org",
    "ftp://s3.example.org",
    "https://s3.example.org/s3",
    "https://s3.example.org/?a=b",
    "https://key:secret@s3.example.org",
    "",
  ])
    assert.throws(() => serviceOrigin(text), /an address without a path/, text);
});

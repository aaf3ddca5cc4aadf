import assert from "node:assert/strict";
import { test } from "node:test";
import { contentTypeOf, foldersTo, nameIn, previewKind } from "./object-names.ts";

test("folders on the way to a prefix are those that a person would open one after the other", () => {
  assert.deepEqual(foldersTo("news/2026/"), [
    { name: "news", prefix: "news/" },
    { name: "2026", prefix: "news/2026/" },
  ]);
  assert.deepEqual(foldersTo(""), []);
  assert.equal(nameIn("news/", "news/a.png"), "a.png");
  assert.equal(nameIn("news/", "news/"), "news/", "the mark of the folder itself has its whole name");
});

test("a preview is chosen by the stored type, and by the name only where there is none", () => {
  assert.equal(previewKind("a", "image/png"), "picture");
  assert.equal(previewKind("a.png", "text/plain; charset=utf-8"), "text");
  assert.equal(previewKind("a.png", "application/octet-stream"), "picture");
  assert.equal(previewKind("a.log", undefined), "text");
  assert.equal(previewKind("a", "application/ld+json"), "text");
  assert.equal(previewKind("a.html", "text/html"), "text", "never as a page");
  assert.equal(previewKind("a.zip", "application/zip"), "none");
});

test("the type of a file is what the browser says, then what its name says", () => {
  assert.equal(contentTypeOf("a.txt", "text/markdown"), "text/markdown");
  assert.equal(contentTypeOf("A.YML", ""), "application/yaml");
  assert.equal(contentTypeOf("a", ""), "application/octet-stream");
});

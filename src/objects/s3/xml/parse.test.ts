import assert from "node:assert/strict";
import test from "node:test";

import fc from "fast-check";

import { S3Error } from "#objects/s3-error.ts";

import { parseXml } from "./parse.ts";
import { leaf, xmlDocument } from "./write.ts";

const malformed = (error: unknown) => error instanceof S3Error && error.code === "MalformedXML";
const parse = (text: string) => parseXml(Buffer.from(text), "Delete");

test("a document is read with any namespace, prefix or none", () => {
  for (const text of [
    "<Delete><Quiet>true</Quiet></Delete>",
    '<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet></Delete>',
    '<?xml version="1.0" encoding="UTF-8"?>\n<s:Delete xmlns:s="urn:x"><s:Quiet>true</s:Quiet></s:Delete>',
  ])
    assert.deepEqual(parse(text).children, [{ name: "Quiet", children: [], text: "true" }]);
});

test("XML with entities of its own, an external subset or a document type is refused", () => {
  for (const text of [
    '<!DOCTYPE Delete [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Delete><Quiet>&b;</Quiet></Delete>',
    '<!DOCTYPE Delete SYSTEM "file:///etc/passwd"><Delete/>',
    '<!DOCTYPE Delete [<!ENTITY x SYSTEM "http://127.0.0.1/">]><Delete>&x;</Delete>',
    "<Delete>&unknown;</Delete>",
  ])
    assert.throws(() => parse(text), malformed, text);
});

test("XML that is too deep, has too many elements, is broken or has another root is refused", () => {
  for (const text of [
    "<Delete>".repeat(100_000),
    `<Delete>${"<a>".repeat(17)}${"</a>".repeat(17)}</Delete>`,
    `<Delete>${"<a/>".repeat(60_001)}</Delete>`,
    "",
    "   ",
    "<Delete>",
    "<Delete></Other>",
    "<Delete/><Delete/>",
    "<Other/>",
    "<Delete a=b/>",
    "not XML",
  ])
    assert.throws(() => parse(text), malformed, text.slice(0, 60));
  assert.throws(() => parseXml(Buffer.from([0x3c, 0x44, 0xff, 0xfe]), "Delete"), malformed);
});

test("arbitrary bytes and damaged documents never do anything but MalformedXML", () => {
  const good =
    "<Delete><Object><Key>a&amp;b</Key><VersionId>1</VersionId></Object><Quiet>true</Quiet></Delete>";
  const damaged = fc
    .tuple(fc.nat(good.length), fc.nat(12), fc.string({ maxLength: 12 }))
    .map(([at, cut, put]) => Buffer.from(good.slice(0, at) + put + good.slice(at + cut)));
  const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
  fc.assert(
    fc.property(fc.oneof(damaged, bytes), (document) => {
      try {
        parseXml(document, "Delete");
      } catch (error) {
        assert.ok(malformed(error), String(error));
      }
    }),
    { numRuns: 5000 },
  );
});

test("what is written is read back the same, except for characters that XML cannot carry", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), (text) => {
      // eslint-disable-next-line no-control-regex -- these cannot be in XML 1.0.
      fc.pre(!/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text));
      const root = parseXml(Buffer.from(xmlDocument("Delete", leaf("Key", text))), "Delete");
      assert.equal(root.children[0]?.text, text);
    }),
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { S3Error } from "#objects/s3-error.ts";
import { outcome } from "#test/support/s3-auth.ts";
import type { Caller } from "../../verified.ts";
import { inRange, parseAddress, parseRange } from "./address-range.ts";
import { evaluate, isPublicPolicy } from "./evaluate.ts";
import type { RequestFacts } from "./facts.ts";
import { parsePolicy } from "./parse-policy.ts";
import { matchesWildcard } from "./wildcard.ts";

const anonymous: Caller = { type: "anonymous" };
const partner: Caller = {
  type: "key",
  accessKeyId: "VDCPARTNER",
  project: "partner",
  owner: "partner/uploader",
  scope: { access: "full" },
};

const facts: RequestFacts = {
  now: Date.UTC(2026, 5, 1),
  remoteAddress: "192.0.2.7",
  secure: true,
  headers: new Map([
    ["user-agent", "Curl/8"],
    ["x-amz-acl", "private"],
  ]),
  query: new Map([
    ["prefix", "home/ann/"],
    ["max-keys", "10"],
  ]),
  authType: "REST-HEADER",
  signedAt: Date.UTC(2026, 5, 1) - 500,
  requestTags: new Map([["stage", "draft"]]),
  objectTags: { Team: "red" },
  primary: true,
};

const allow = {
  Effect: "Allow",
  Principal: "*",
  Action: "s3:GetObject",
  Resource: "arn:aws:s3:::pictures/*",
} as const;
const parse = (...statements: readonly object[]) =>
  parsePolicy(JSON.stringify({ Version: "2012-10-17", Statement: statements }), "pictures");
const verdict = (
  statements: readonly object[],
  question: Partial<{ caller: Caller; action: string; resource: string; facts: RequestFacts }> = {},
) =>
  evaluate(
    parse(...statements),
    { caller: anonymous, action: "s3:GetObject", resource: "pictures/a.jpg", ...question },
    question.facts ?? facts,
  );

test("a policy allows what it names, and a deny wins wherever it stands", () => {
  assert.equal(verdict([allow]), "allow");
  assert.equal(verdict([allow], { action: "s3:PutObject" }), "silent");
  assert.equal(verdict([allow], { resource: "pictures" }), "silent");
  assert.equal(verdict([{ ...allow, Action: ["s3:getobject", "s3:List*"] }]), "allow");
  const deny = { ...allow, Effect: "Deny", Resource: "arn:aws:s3:::pictures/a*" };
  assert.equal(verdict([allow, deny]), "deny");
  assert.equal(verdict([deny, allow]), "deny");
  assert.equal(verdict([deny, allow], { resource: "pictures/b" }), "allow");
});

test("NotAction and NotResource mean everything else", () => {
  const { Action: _, ...noAction } = allow;
  const not = { ...noAction, NotAction: "s3:Put*" };
  assert.equal(verdict([not]), "allow");
  assert.equal(verdict([not], { action: "s3:PutObject" }), "silent");
  const { Resource: __, ...noResource } = allow;
  const outside = { ...noResource, NotResource: "arn:aws:s3:::pictures/private/*" };
  assert.equal(verdict([outside]), "allow");
  assert.equal(verdict([outside], { resource: "pictures/private/x" }), "silent");
});

test("a principal is everyone, a project, a key's name or an access key id", () => {
  const named = (AWS: unknown, caller: Caller = partner) =>
    verdict([{ ...allow, Principal: { AWS } }], { caller });
  for (const principal of [
    "*",
    "partner",
    "arn:aws:iam::partner:root",
    "arn:aws:iam::partner:user/uploader",
    "arn:aws:iam::partner:user/VDCPARTNER",
    ["arn:aws:iam::other:root", "partner"],
  ])
    assert.equal(named(principal), "allow", String(principal));
  for (const principal of ["other", "arn:aws:iam::other:user/uploader", "arn:aws:iam::partner:user/else"])
    assert.equal(named(principal), "silent", principal);
  assert.equal(named("partner", anonymous), "silent");
});

test("every condition operator compares as IAM says, also when the key is absent", () => {
  const table: readonly (readonly [string, string, unknown, boolean])[] = [
    ["StringEquals", "s3:x-amz-acl", "private", true],
    ["StringEquals", "s3:X-Amz-ACL", ["public-read", "private"], true],
    ["StringEquals", "s3:delimiter", "/", false],
    ["StringEqualsIfExists", "s3:delimiter", "/", true],
    ["StringNotEquals", "s3:delimiter", "/", true],
    ["StringNotEquals", "s3:x-amz-acl", ["public-read", "private"], false],
    ["StringEqualsIgnoreCase", "aws:UserAgent", "curl/8", true],
    ["StringNotEqualsIgnoreCase", "aws:UserAgent", "curl/8", false],
    ["StringLike", "s3:prefix", "home/*/", true],
    ["StringNotLike", "s3:prefix", "home/*", false],
    ["IpAddress", "aws:SourceIp", "192.0.2.0/24", true],
    ["IpAddress", "aws:SourceIp", ["10.0.0.0/8", "2001:db8::/32"], false],
    ["NotIpAddress", "aws:SourceIp", "192.0.2.0/24", false],
    ["Bool", "aws:SecureTransport", true, true],
    ["Bool", "aws:SecureTransport", "false", false],
    ["NumericLessThanEquals", "s3:max-keys", 10, true],
    ["NumericLessThan", "s3:max-keys", "10", false],
    ["NumericGreaterThan", "s3:max-keys", "9", true],
    ["NumericEquals", "s3:signatureAge", "500", true],
    ["NumericNotEquals", "s3:max-keys", "10", false],
    ["DateGreaterThan", "aws:CurrentTime", "2026-01-01T00:00:00Z", true],
    ["DateLessThan", "aws:CurrentTime", "2026-01-01", false],
    ["DateGreaterThanEquals", "aws:EpochTime", "1700000000", true],
    ["Null", "s3:delimiter", "true", true],
    ["Null", "s3:prefix", "true", false],
    ["Null", "s3:prefix", "false", true],
    ["StringEquals", "s3:ExistingObjectTag/Team", "red", true],
    ["StringEquals", "s3:ExistingObjectTag/team", "red", false],
    ["StringEquals", "s3:RequestObjectTag/stage", "draft", true],
    ["StringEquals", "s3:authType", "REST-HEADER", true],
  ];
  for (const [operator, key, value, holds] of table) {
    const statement = { ...allow, Condition: { [operator]: { [key]: value } } };
    assert.equal(verdict([statement]), holds ? "allow" : "silent", `${operator} ${key} ${String(value)}`);
  }
});

test("all conditions of a statement must hold", () => {
  const Condition = { Bool: { "aws:SecureTransport": true }, StringEquals: { "s3:prefix": "other" } };
  assert.equal(verdict([{ ...allow, Condition }]), "silent");
});

test("what nobody has looked at lets a deny count and an allow not", () => {
  const Condition = { StringEquals: { "s3:ExistingObjectTag/Team": "red" } };
  const unseen = { ...facts, objectTags: undefined };
  const elsewhere = { ...facts, primary: false };
  assert.equal(parse({ ...allow, Condition }).readsObjectTags, true);
  for (const known of [unseen, elsewhere]) {
    assert.equal(verdict([{ ...allow, Condition }], { facts: known }), "silent");
    assert.equal(verdict([allow, { ...allow, Effect: "Deny", Condition }], { facts: known }), "deny");
  }
});

test("what is not understood is refused when it is put, by its name", async () => {
  const condition = (operator: string, key: string, value: unknown) => ({
    ...allow,
    Condition: { [operator]: { [key]: value } },
  });
  const { Principal: _, ...without } = allow;
  const refused: readonly (readonly [object, string])[] = [
    [{ ...without, NotPrincipal: "*" }, "NotPrincipal"],
    [{ ...allow, Principal: { Service: "x" } }, "Service"],
    [{ ...allow, Principal: { AWS: "arn:aws:sts::1:assumed-role/x" } }, "assumed-role"],
    [without, "Principal"],
    [{ ...allow, Effect: "allow" }, "Effect"],
    [{ ...allow, Action: "ec2:Run" }, "ec2:Run"],
    [{ ...allow, NotAction: "s3:*" }, "NotAction"],
    [{ ...allow, Action: [] }, "Action"],
    [{ ...allow, Resource: "arn:aws:s3:::other/*" }, "other"],
    [{ ...allow, Resource: "pictures/*" }, "pictures"],
    [{ ...allow, Resource: "arn:aws:s3:::pictures/${aws:username}/*" }, "username"],
    [{ ...allow, Extra: 1 }, "Extra"],
    [condition("ForAnyValue:StringEquals", "s3:prefix", "x"), "ForAnyValue"],
    [condition("ArnLike", "aws:SourceArn", "x"), "ArnLike"],
    [condition("StringEquals", "aws:PrincipalOrgID", "x"), "aws:PrincipalOrgID"],
    [condition("StringEquals", "aws:SourceIp", "192.0.2.1"), "aws:SourceIp"],
    [condition("IpAddress", "aws:SourceIp", "192.0.2.1/33"), "192.0.2.1/33"],
    [condition("NumericEquals", "s3:max-keys", "ten"), "ten"],
    [condition("DateLessThan", "aws:CurrentTime", "tomorrow"), "tomorrow"],
    [condition("Bool", "aws:SecureTransport", "yes"), "yes"],
    [condition("StringLike", "s3:prefix", "${aws:username}/*"), "username"],
    [condition("NullIfExists", "s3:prefix", "true"), "NullIfExists"],
    [condition("StringEquals", "s3:prefix", {}), "s3:prefix"],
  ];
  for (const [statement, name] of refused)
    assert.throws(
      () => parse(statement),
      (error) => error instanceof S3Error && error.code === "MalformedPolicy" && error.message.includes(name),
      JSON.stringify(statement),
    );
  for (const text of [
    "",
    "{",
    "[]",
    "null",
    '"x"',
    '{"Statement":[]}',
    '{"Statement":1}',
    '{"Version":"2020","Statement":{}}',
  ])
    assert.equal(await outcome(() => parsePolicy(text, "pictures")), "MalformedPolicy", text);
  const long = JSON.stringify({ Statement: { ...allow, Sid: "x".repeat(20_500) } });
  assert.equal(await outcome(() => parsePolicy(long, "pictures")), "MalformedPolicy");
});

test("a policy is public when anyone may do something from anywhere", () => {
  const from = (addresses: unknown) => ({
    ...allow,
    Condition: { IpAddress: { "aws:SourceIp": addresses } },
  });
  assert.equal(isPublicPolicy(parse(allow)), true);
  assert.equal(isPublicPolicy(parse({ ...allow, Effect: "Deny" })), false);
  assert.equal(isPublicPolicy(parse({ ...allow, Principal: { AWS: "partner" } })), false);
  assert.equal(isPublicPolicy(parse({ ...allow, Principal: { AWS: ["partner", "*"] } })), true);
  assert.equal(isPublicPolicy(parse(from("203.0.113.0/24"))), false);
  assert.equal(isPublicPolicy(parse(from(["203.0.113.0/24", "0.0.0.0/0"]))), true);
  assert.equal(isPublicPolicy(parse(from("::/0"))), true);
  assert.equal(
    isPublicPolicy(parse({ ...allow, Condition: { Bool: { "aws:SecureTransport": true } } })),
    true,
  );
});

test("wildcards match as globs do, and a hostile pattern costs no more than its length times the text's", () => {
  const table: readonly (readonly [string, string, boolean])[] = [
    ["*", "", true],
    ["", "", true],
    ["", "a", false],
    ["a*c", "abbbc", true],
    ["a*c", "abbbd", false],
    ["a?c", "abc", true],
    ["a?c", "ac", false],
    ["*.jpg", "a.jpg.jpg", true],
    ["a**b", "ab", true],
    ["?*", "", false],
    ["a*b*c", "a-b-b-c", true],
    ["a.c", "abc", false],
  ];
  for (const [pattern, text, matches] of table)
    assert.equal(matchesWildcard(pattern, text), matches, `${pattern} ${text}`);
  const started = performance.now();
  assert.equal(matchesWildcard(`${"a*".repeat(500)}b`, "a".repeat(1024)), false);
  assert.ok(performance.now() - started < 100);
});

test("addresses of both families are read strictly", () => {
  for (const text of [
    "1.2.3",
    "1.2.3.256",
    "1.2.3.4.5",
    "::g",
    "1::2::3",
    ":",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "x",
    "",
  ])
    assert.equal(parseAddress(text), undefined, text);
  const within = (address: string, text: string): boolean => {
    const range = parseRange(text);
    return range !== undefined && inRange(address, range);
  };
  assert.ok(within("::ffff:10.1.2.3", "10.0.0.0/8"), "an IPv4 client on a socket of both families");
  assert.ok(within("2001:db8::1", "2001:db8::/32"));
  assert.ok(within("2001:0DB8:0:0:0:0:0:1", "2001:db8::1"));
  assert.ok(!within("2001:db9::1", "2001:db8::/32"));
  assert.ok(within("255.255.255.255", "0.0.0.0/0") && !within("::1", "0.0.0.0/0"));
});

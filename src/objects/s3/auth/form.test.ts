import assert from "node:assert/strict";
import { test } from "node:test";
import {
  exampleKey,
  exampleTime,
  outcome,
  stillClock,
  testAdmission,
  testBucket,
  testConfiguration,
} from "#test/support/s3-auth.ts";
import {
  type FormFields,
  formPolicy,
  formRequest,
  formText,
  signedByVersion2,
  signedFields,
} from "#test/support/s3-form.ts";
import { admit, type ChooseOperation } from "./admit.ts";
import { formBoundary } from "./form-parser.ts";
import { deriveSigningKey, sign } from "./signing-key.ts";

const conditions = [
  { bucket: "examplebucket" },
  ["starts-with", "$key", "user/eric/"],
  ["StArTs-WiTh", "$Content-Type", "image/"],
  { "x-amz-meta-uuid": "14365123651274" },
  ["content-length-range", 2, 30],
] as const;
const fields: FormFields = [
  ["key", "user/eric/${filename}"],
  ["Content-Type", "image/jpeg"],
  ["X-Amz-Meta-Uuid", "14365123651274"],
];
const post: ChooseOperation = () => ({ name: "PostObject", action: "s3:PutObject", body: "object" });

async function send(body: string, pieceBytes = 11, choose = post) {
  const request = await admit(formRequest(body, pieceBytes), choose, testAdmission());
  return { request, file: Buffer.from(await request.body.bytes(1000)).toString() };
}
const answer = (...of: Parameters<typeof send>): Promise<string> => outcome(() => send(...of));
const signed = (policy = formPolicy(conditions), more: FormFields = []): FormFields => [
  ...fields,
  ...more,
  ...signedFields(policy),
];

test("the documentation's signature of a form's policy is ours", () => {
  const policy =
    "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9";
  const key = deriveSigningKey(exampleKey.secretAccessKey, { date: "20151229", region: "us-east-1" });
  assert.equal(sign(key, policy), "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e");
});

test("a form is taken apart however its bytes arrive, and its file is the body", async () => {
  for (const pieceBytes of [1, 2, 7, 64, 5000]) {
    const content = "--9431149156168\r\n\r--x\r\n--94311";
    const { request, file } = await send(formText(signed(), content), pieceBytes);
    assert.equal(file, content, `in pieces of ${pieceBytes}`);
    assert.equal(request.operation, "PostObject");
    assert.equal(request.key, "user/eric/cat.jpg");
    assert.equal(request.headers.get("content-type"), "image/jpeg");
    assert.equal(request.headers.get("x-amz-meta-uuid"), "14365123651274");
    assert.equal(request.form?.get("x-amz-meta-uuid"), "14365123651274");
    assert.equal(request.caller.type === "key" && request.caller.accessKeyId, exampleKey.accessKeyId);
    assert.equal(request.body.digest().size, content.length);
  }
});

test("every condition of the policy is enforced, and every field must stand in one", async () => {
  const text = (change: FormFields): string => {
    const names = new Set(change.map(([name]) => name.toLowerCase()));
    return formText(
      [
        ...fields.filter(([name]) => !names.has(name.toLowerCase())),
        ...change,
        ...signedFields(formPolicy(conditions)),
      ],
      "hello",
    );
  };
  const table: readonly (readonly [FormFields, string])[] = [
    [[], "passes"],
    [[["key", "user/anna/x"]], "AccessDenied"],
    [[["key", ""]], "UserKeyMustBeSpecified"],
    [[["key", `user/eric/${"k".repeat(1100)}`]], "KeyTooLongError"],
    [[["Content-Type", "text/html"]], "AccessDenied"],
    [[["x-amz-meta-uuid", "1"]], "AccessDenied"],
    [[["x-amz-meta-other", "1"]], "AccessDenied"],
    [[["acl", "public-read"]], "AccessDenied"],
    [[["success_action_redirect", "http://evil"]], "AccessDenied"],
    [[["x-ignore-this", "1"]], "passes"],
    [[["bucket", "otherbucket"]], "passes"],
    [[["x-amz-security-token", "t"]], "InvalidToken"],
  ];
  for (const [change, expected] of table)
    assert.equal(await answer(text(change)), expected, JSON.stringify(change));
  const elsewhere = formPolicy([{ bucket: "other" }, ...conditions.slice(1)]);
  assert.equal(await answer(formText(signed(elsewhere), "hello")), "AccessDenied");
  assert.equal(await answer(formText(signed(formPolicy(conditions, exampleTime)), "hello")), "AccessDenied");
  assert.equal(await answer(formText(signed(), "h")), "EntityTooSmall");
  assert.equal(await answer(formText(signed(), "h".repeat(31))), "EntityTooLarge");
});

test("a form's policy that is not understood, or whose signature is not its key's, is refused", async () => {
  const raw = (document: unknown): string => Buffer.from(JSON.stringify(document)).toString("base64");
  const expiration = new Date(exampleTime + 60_000).toISOString();
  for (const policy of [
    "!!!",
    raw([]),
    raw({ conditions: [] }),
    raw({ expiration, CONDITIONS: [] }),
    raw({ expiration }),
    raw({ expiration: "soon", conditions: [] }),
    raw({ expiration, conditions: [{}] }),
    raw({ expiration, conditions: [["content-length-range", 1]] }),
    raw({ expiration, conditions: [["content-length-range", -1, 5]] }),
    raw({ expiration, conditions: [["ends-with", "$key", "x"]] }),
    raw({ expiration, conditions: [["eq", "key", "x"]] }),
    raw({ expiration, conditions: [{ key: 5 }] }),
  ])
    assert.equal(await answer(formText(signed(policy), "hello")), "InvalidPolicyDocument", policy);
  const good = formPolicy(conditions);
  const change = (name: string, value: string | undefined): string =>
    formText(
      signed(good).flatMap(([known, old]) =>
        known !== name ? [[known, old] as const] : value === undefined ? [] : [[known, value] as const],
      ),
      "hello",
    );
  assert.equal(await answer(change("X-Amz-Signature", "0".repeat(64))), "SignatureDoesNotMatch");
  assert.equal(await answer(change("X-Amz-Signature", undefined)), "InvalidArgument");
  assert.equal(await answer(change("Policy", undefined)), "InvalidArgument");
  assert.equal(await answer(change("Policy", formPolicy([]))), "SignatureDoesNotMatch");
  assert.equal(await answer(change("X-Amz-Credential", "A/B")), "InvalidRequest");
  assert.equal(await answer(change("X-Amz-Date", "20130525T000000Z")), "InvalidRequest");
  assert.equal(await answer(change("X-Amz-Algorithm", "none")), "InvalidRequest");
});

test("old forms signed by version 2 are taken, wrong ones are not", async () => {
  const policy = Buffer.from(
    JSON.stringify({ expiration: new Date(exampleTime + 60_000).toISOString(), conditions }),
  ).toString("base64");
  assert.equal(await answer(formText([...fields, ...signedByVersion2(policy)], "hello")), "passes");
  const wrong = signedByVersion2(policy).map(
    ([name, value]) => [name, name === "signature" ? "AAAA" : value] as const,
  );
  assert.equal(await answer(formText([...fields, ...wrong], "hello")), "SignatureDoesNotMatch");
  const nobody = signedByVersion2(policy).map(
    ([name, value]) => [name, name === "AWSAccessKeyId" ? "X" : value] as const,
  );
  assert.equal(await answer(formText([...fields, ...nobody], "hello")), "InvalidAccessKeyId");
});

test("a form without a policy is anonymous", async () => {
  const text = formText(fields, "hello");
  assert.equal(await answer(text), "AccessDenied");
  const open = testBucket({
    policy: JSON.stringify({
      Statement: {
        Effect: "Allow",
        Principal: "*",
        Action: "s3:PutObject",
        Resource: "arn:aws:s3:::examplebucket/user/*",
      },
    }),
  });
  const request = await admit(formRequest(text), post, testAdmission(testConfiguration([open])));
  assert.equal(request.caller.type, "anonymous");
});

test("a signed form carries its caller to an upload and to nothing else", async () => {
  const attack = (): ReturnType<typeof post> => ({
    name: "DeleteObjects",
    action: "s3:DeleteObject",
    body: "xml",
  });
  assert.equal(await answer(formText(signed(), "<Delete/>"), 11, attack), "MalformedPOSTRequest");
  const onObject = formRequest(formText(signed(), "hello"), 11, "/examplebucket/k");
  assert.equal(await outcome(() => admit(onObject, post, testAdmission())), "MalformedPOSTRequest");
});

test("a form that is not well formed, endless or too large is refused", async () => {
  const good = formText(signed(), "hello");
  const table: readonly (readonly [string, string])[] = [
    ["", "MalformedPOSTRequest"],
    [good.slice(0, 100), "MalformedPOSTRequest"],
    [good.slice(0, good.indexOf("hello") + 3), "MalformedPOSTRequest"],
    [good.replace(/name="file"/, 'name="other"'), "MalformedPOSTRequest"],
    [good.replace('name="key"', 'nam="key"'), "MalformedPOSTRequest"],
    [
      formText(
        [
          ["key", "a"],
          ["KEY", "b"],
        ],
        "x",
      ),
      "MalformedPOSTRequest",
    ],
    ["x".repeat(100_000), "MaxPostPreDataLengthExceededError"],
    [formText([["a", "x".repeat(30_000)]], "x"), "MaxPostPreDataLengthExceededError"],
    [
      formText(
        Array.from({ length: 70 }, (_, index) => [`f${index}`, "x"] as const),
        "x",
      ),
      "MaxPostPreDataLengthExceededError",
    ],
    [good + "x".repeat(100_000), "MalformedPOSTRequest"],
    [good.replace("image/jpeg", "image/\u0001"), "InvalidArgument"],
  ];
  for (const [body, expected] of table) assert.equal(await answer(body, 1000), expected, body.slice(0, 200));
  assert.equal(formBoundary("multipart/form-data; boundary=abc"), "abc");
  assert.equal(formBoundary('Multipart/Form-Data; charset=utf-8; boundary="a b"; x=y'), "a b");
  assert.equal(formBoundary("multipart/mixed; boundary=abc"), undefined);
  assert.equal(formBoundary("multipart/form-data"), undefined);
  const late = testAdmission(undefined, { clock: stillClock(exampleTime + 61_000) });
  assert.equal(await outcome(() => admit(formRequest(good), post, late)), "AccessDenied");
});

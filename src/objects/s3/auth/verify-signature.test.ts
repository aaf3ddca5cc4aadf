import assert from "node:assert/strict";
import { test } from "node:test";
import {
  chooseOperation,
  exampleCredentials,
  exampleKey,
  exampleTime,
  outcome,
  rawRequest,
  stillClock,
  testAdmission,
  testBucket,
  testConfiguration,
} from "#test/support/s3-auth.ts";
import { admit } from "./admit.ts";
import type { RawRequest } from "./raw-request.ts";
import { presign, signRequest } from "./sign.ts";

const host = "examplebucket.s3.amazonaws.com";
const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const credential = "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request";

const admitted = (request: RawRequest, now = exampleTime) =>
  admit(request, chooseOperation, testAdmission(undefined, { clock: stillClock(now) }));

const documented = (signedHeaders: string, signature: string): string =>
  `AWS4-HMAC-SHA256 ${credential},SignedHeaders=${signedHeaders},Signature=${signature}`;

const getExample = {
  method: "GET",
  target: "/test.txt",
  headers: {
    Host: host,
    Authorization: documented(
      "host;range;x-amz-content-sha256;x-amz-date",
      "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ),
    Range: "bytes=0-9",
    "x-amz-content-sha256": empty,
    "x-amz-date": "20130524T000000Z",
  },
};

test("the documentation's signed requests are accepted as published", async () => {
  const get = await admitted(rawRequest(getExample));
  assert.equal(get.operation, "GetObject");
  assert.deepEqual([get.bucketName, get.key], ["examplebucket", "test.txt"]);
  assert.equal(get.caller.type === "key" && get.caller.accessKeyId, exampleKey.accessKeyId);

  const put = await admitted(
    rawRequest({
      method: "PUT",
      target: "/test$file.text",
      headers: {
        Host: host,
        "Content-Length": "21",
        Date: "Fri, 24 May 2013 00:00:00 GMT",
        Authorization: documented(
          "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
          "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        "x-amz-date": "20130524T000000Z",
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
        "x-amz-content-sha256": "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
      },
      body: "Welcome to Amazon S3.",
    }),
  );
  assert.equal(Buffer.from(await put.body.bytes(100)).toString(), "Welcome to Amazon S3.");

  for (const [target, signature] of [
    ["/?lifecycle", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"],
    ["/?max-keys=2&prefix=J", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"],
  ] as const) {
    const headers = {
      Host: host,
      Authorization: documented("host;x-amz-content-sha256;x-amz-date", signature),
      "x-amz-date": "20130524T000000Z",
      "x-amz-content-sha256": empty,
    };
    assert.equal(await outcome(() => admitted(rawRequest({ target, headers }))), "passes", target);
  }
});

test("the documentation's presigned address is accepted until it ends and not one second longer", async () => {
  const target =
    "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request" +
    "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host" +
    "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
  const at = (now: number): Promise<string> =>
    outcome(() => admitted(rawRequest({ target, headers: { host } }), now));
  assert.equal(await at(exampleTime), "passes");
  assert.equal(await at(exampleTime + 86_399_000), "passes");
  assert.equal(await at(exampleTime + 86_400_000), "AccessDenied");
  assert.equal(await at(exampleTime - 16 * 60_000), "AccessDenied");
  const signed = presign({ method: "GET", host, path: "/test.txt" }, exampleCredentials, {
    now: exampleTime,
    expires: 86_400,
  });
  assert.equal(signed, target, "our own signer writes the same address");
});

test("a changed method, host, path, query, header or body hash breaks a signature", async () => {
  const change = (fields: object, headers: Readonly<Record<string, string>> = {}): Promise<string> =>
    outcome(() =>
      admitted(rawRequest({ ...getExample, ...fields, headers: { ...getExample.headers, ...headers } })),
    );
  assert.equal(await change({}), "passes");
  assert.equal(await change({ method: "HEAD" }), "SignatureDoesNotMatch");
  assert.equal(await change({ target: "/test.tx%74" }), "passes", "another spelling of the same key");
  assert.equal(await change({ target: "/test.txt?acl" }), "SignatureDoesNotMatch");
  assert.equal(await change({ target: "/Test.txt" }), "SignatureDoesNotMatch");
  assert.equal(await change({}, { Host: "examplebucket.s3.amazonaws.com:9000" }), "SignatureDoesNotMatch");
  assert.equal(await change({}, { Range: "bytes=0-10" }), "SignatureDoesNotMatch");
  assert.equal(await change({}, { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" }), "SignatureDoesNotMatch");
  assert.equal(await change({}, { "x-amz-acl": "public-read" }), "AccessDenied", "not signed");
  assert.equal(await change({}, { "x-amz-security-token": "t" }), "InvalidToken");
  assert.equal(await change({}, { "content-md5": "1B2M2Y8AsgTpgAmY7PhCfg==" }), "passes", "may be unsigned");
});

test("a request's time may be fifteen minutes off, whichever header carries it", async () => {
  const at = (now: number): Promise<string> => outcome(() => admitted(rawRequest(getExample), now));
  assert.equal(await at(exampleTime + 15 * 60_000), "passes");
  assert.equal(await at(exampleTime - 15 * 60_000), "passes");
  assert.equal(await at(exampleTime + 15 * 60_000 + 1), "RequestTimeTooSkewed");
  assert.equal(await at(exampleTime - 15 * 60_000 - 1), "RequestTimeTooSkewed");
  const dated = (date: string): Promise<string> =>
    outcome(() =>
      admitted(rawRequest({ ...getExample, headers: { ...getExample.headers, "x-amz-date": date } })),
    );
  for (const date of ["", "garbage", "20130231T000000Z", "2013-05-24T00:00:00Z"])
    assert.equal(await dated(date), "AccessDenied", date);
  assert.equal(
    await dated("20130523T235959Z"),
    "AuthorizationHeaderMalformed",
    "another day than the credential's",
  );
  const { "x-amz-date": _, ...without } = getExample.headers;
  const byDate = { ...without, Date: "Fri, 24 May 2013 00:00:00 GMT" };
  const answer = await outcome(() => admitted(rawRequest({ ...getExample, headers: byDate })));
  assert.equal(answer, "AccessDenied", "x-amz-date was signed and is not there");
});

test("everything that is not a well-formed signature of version 4 is refused by its name", async () => {
  const signed = getExample.headers.Authorization;
  const refusals: readonly (readonly [string, string])[] = [
    ["", "AccessDenied"],
    ["AWS HAHAHA", "InvalidArgument"],
    ["AWS AKIAIOSFODNN7EXAMPLE:frJIUN8DYpKDtOLCwo//yllqDzg=", "InvalidRequest"],
    ["Bearer abc", "InvalidArgument"],
    ["AWS4-ECDSA-P256-SHA256 Credential=x", "NotImplemented"],
    ["AWS4-HMAC-SHA256", "InvalidArgument"],
    ["AWS4-HMAC-SHA256 nonsense", "AuthorizationHeaderMalformed"],
    [`${signed},Signature=00`, "AuthorizationHeaderMalformed"],
    [signed.replace("us-east-1", "eu-west-1"), "AuthorizationHeaderMalformed"],
    [signed.replace("/s3/", "/ec2/"), "AuthorizationHeaderMalformed"],
    [signed.replace("aws4_request", "aws5_request"), "AuthorizationHeaderMalformed"],
    [signed.replace("/20130524/", "/20130525/"), "AuthorizationHeaderMalformed"],
    [signed.replace("host;range", "range;host"), "AuthorizationHeaderMalformed"],
    [signed.replace("host;", ""), "AccessDenied"],
    [signed.replace(";x-amz-content-sha256", ""), "AccessDenied"],
    [signed.replace(";range", ";not-there;range"), "AccessDenied"],
    [signed.replace("range;", "range;te;"), "AccessDenied"],
    [signed.replace("bdb41", "BDB41"), "AuthorizationHeaderMalformed"],
    [signed.replace("bdb41", "bdb42"), "SignatureDoesNotMatch"],
    [signed.replace("AKIAIOSFODNN7EXAMPLE", "AKIANOBODY"), "InvalidAccessKeyId"],
  ];
  for (const [Authorization, expected] of refusals) {
    const headers = { ...getExample.headers, Authorization };
    assert.equal(
      await outcome(() => admitted(rawRequest({ ...getExample, headers }))),
      expected,
      Authorization,
    );
  }
});

test("a repeated header that must stand alone is refused, others are joined as they were signed", async () => {
  const list = Object.entries(getExample.headers).flat();
  for (const name of ["Host", "authorization", "X-AMZ-Date", "content-length"]) {
    const headers = [...list, "content-length", "0", name, "x"];
    assert.equal(
      await outcome(() => admitted(rawRequest({ ...getExample, headers }))),
      "InvalidRequest",
      name,
    );
  }
  const signed = signRequest(
    { method: "GET", host, path: "/k", headers: { "x-amz-meta-a": "one,two  three" } },
    exampleCredentials,
    { now: exampleTime, payload: new Uint8Array() },
  );
  const { "x-amz-meta-a": _, ...rest } = signed.headers;
  const headers = [...Object.entries(rest).flat(), "X-Amz-Meta-A", " one", "x-amz-meta-a", "two three\t"];
  assert.equal(await outcome(() => admitted(rawRequest({ target: "/k", headers }))), "passes");
});

test("any key is signed once over its raw spelling and decoded once", async () => {
  const keys = [
    "a b",
    "a+b",
    "a%2Fb",
    "//x",
    "./..",
    "../../etc/passwd",
    "ä€😀",
    "a%20b",
    "~!*'()",
    "k?x=1",
    "a\nb",
    "#",
  ];
  for (const key of keys)
    for (const virtual of [true, false]) {
      const request = {
        method: "GET",
        host: virtual ? host : "s3.amazonaws.com",
        path: virtual ? `/${key}` : `/examplebucket/${key}`,
        query: { prefix: key, "list-type": "2" },
      };
      const signed = signRequest(request, exampleCredentials, {
        now: exampleTime,
        payload: new Uint8Array(),
      });
      const verified = await admitted(rawRequest(signed));
      assert.equal(verified.key, key);
      assert.equal(verified.query.get("prefix"), key);
      const url = presign(request, exampleCredentials, { now: exampleTime, expires: 60 });
      const byUrl = await admitted(rawRequest({ target: url, headers: { host: request.host } }));
      assert.equal(byUrl.key, key);
    }
});

test("spellings that other signers use commit to the same key: bare characters, lower-case escapes, + for a space in the query", async () => {
  const sign = (path: string, query: Readonly<Record<string, string>> = {}) =>
    signRequest({ method: "GET", host, path, query }, exampleCredentials, {
      now: exampleTime,
      payload: new Uint8Array(),
    });
  const send = async (headers: Readonly<Record<string, string>>, target: string): Promise<unknown> => {
    const { key, query } = await admitted(rawRequest({ target, headers }));
    return [key, query.get("prefix")];
  };
  assert.deepEqual(await send(sign("/a+b").headers, "/a+b"), ["a+b", undefined]);
  assert.deepEqual(await send(sign("/€").headers, "/%e2%82%ac"), ["€", undefined]);
  assert.deepEqual(await send(sign("/€").headers, "/\u00e2\u0082\u00ac"), ["€", undefined]);
  assert.deepEqual(await send(sign("/", { prefix: "a b" }).headers, "/?prefix=a+b"), [undefined, "a b"]);
  assert.deepEqual(await send(sign("/", { prefix: "a/b:" }).headers, "/?prefix=a/b:"), [undefined, "a/b:"]);
  const doubled = sign("/a%2520b");
  assert.equal(
    await outcome(() => send(doubled.headers, "/a%20b")),
    "SignatureDoesNotMatch",
    "encoded twice",
  );
});

test("a target that is not one clear address is refused before anything else", async () => {
  for (const target of [
    "*",
    "http://x/y",
    "examplebucket/k",
    "/a b",
    "/a#b",
    "/%",
    "/%zz",
    "/%ff",
    "/%c0%af",
    "/a\u0000b",
    "/k?p=%",
  ])
    assert.equal(
      await outcome(() => admitted(rawRequest({ target, headers: { host } }))),
      "InvalidURI",
      target,
    );
  assert.equal(
    await outcome(() => admitted(rawRequest({ target: "/%00", headers: { host } }))),
    "InvalidURI",
  );
  assert.equal(
    await outcome(() => admitted(rawRequest({ target: `/${"%e2%82%ac".repeat(342)}`, headers: { host } }))),
    "KeyTooLongError",
  );
  for (const target of ["//k", "/a%2Fb/k", "/%00/k"])
    assert.equal(
      await outcome(() => admitted(rawRequest({ target, headers: { host: "s3.amazonaws.com" } }))),
      "InvalidBucketName",
      target,
    );
});

test("a presigned address must be whole, unrepeated and at most a week long", async () => {
  const target = presign({ method: "GET", host, path: "/k" }, exampleCredentials, {
    now: exampleTime,
    expires: 60,
  });
  const outcomes: readonly (readonly [string, string])[] = [
    [target, "passes"],
    [`${target}&X-Amz-Expires=60`, "AuthorizationQueryParametersError"],
    [target.replace("Expires=60", "Expires=604801"), "AuthorizationQueryParametersError"],
    [target.replace("Expires=60", "Expires=0"), "AuthorizationQueryParametersError"],
    [target.replace("Expires=60", "Expires=61"), "SignatureDoesNotMatch"],
    [target.replace("&X-Amz-Expires=60", ""), "AuthorizationQueryParametersError"],
    [target.replace(/&X-Amz-Signature=.*/, ""), "AuthorizationQueryParametersError"],
    [target.replace("X-Amz-Algorithm=AWS4-HMAC-SHA256&", ""), "AuthorizationQueryParametersError"],
    [`${target}&X-Amz-Security-Token=t`, "InvalidToken"],
    ["/k?AWSAccessKeyId=A&Expires=1&Signature=x", "InvalidRequest"],
    [
      "/k?X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request",
      "AuthorizationQueryParametersError",
    ],
  ];
  for (const [given, expected] of outcomes)
    assert.equal(
      await outcome(() => admitted(rawRequest({ target: given, headers: { host } }))),
      expected,
      given,
    );
  const both = { host, authorization: getExample.headers.Authorization };
  assert.equal(await outcome(() => admitted(rawRequest({ target, headers: both }))), "InvalidArgument");
});

test("a key that was replaced, expired or removed is refused at once, also when its signing key is remembered", async () => {
  let record: typeof exampleKey | undefined = exampleKey;
  const configuration = { ...testConfiguration([testBucket()]), key: () => record };
  const admission = testAdmission(configuration);
  const again = (): Promise<string> =>
    outcome(() => admit(rawRequest(getExample), chooseOperation, admission));
  assert.equal(await again(), "passes");
  record = { ...exampleKey, secretAccessKey: "another" };
  assert.equal(await again(), "SignatureDoesNotMatch");
  record = { ...exampleKey, expiresAt: exampleTime };
  assert.equal(await again(), "InvalidAccessKeyId");
  record = undefined;
  assert.equal(await again(), "InvalidAccessKeyId");
});

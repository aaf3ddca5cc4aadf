import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { VdcError } from "#api/errors.ts";
import type { Json } from "#lib/json.ts";
import { mergePatch } from "../resources/merge-patch.ts";
import { cookieText, readCookie } from "./cookies.ts";
import { refuseCrossSite } from "./cross-site.ts";
import { createHostCheck } from "./host-check.ts";
import { readJson } from "./body.ts";
import { readQuery } from "./query.ts";
import { createAddressLimiter } from "./rate-limit.ts";
import { systemClock } from "#lib/clock.ts";

const code = (run: () => unknown): string => {
  try {
    run();
    return "passes";
  } catch (error) {
    assert.ok(error instanceof VdcError, String(error));
    return error.code;
  }
};

test("only our own names are served, whatever the port and the case", () => {
  const check = createHostCheck("10.0.0.5", ["vdc.example"]);
  for (const host of [
    "localhost",
    "LOCALHOST:8440",
    "127.0.0.1:1",
    "127.9.9.9",
    "[::1]:8440",
    "10.0.0.5",
    "vdc.example:443",
    "VDC.example.",
  ])
    assert.equal(
      code(() => check(host)),
      "passes",
      host,
    );
  for (const host of [
    "evil.example",
    "10.0.0.6",
    "localhost.evil.example",
    "vdc.example.evil",
    "xvdc.example",
    "127.0.0.1.nip.io",
  ])
    assert.equal(
      code(() => check(host)),
      "misdirected",
      host,
    );
  for (const host of [undefined, "", "a b", "a/b", "user@localhost", "localhost:port", "[::1"])
    assert.equal(
      code(() => check(host)),
      "bad-request",
      String(host),
    );
  const everywhere = createHostCheck("0.0.0.0", []);
  assert.equal(
    code(() => everywhere("192.168.7.7:8440")),
    "passes",
  );
  assert.equal(
    code(() => everywhere("evil.example")),
    "misdirected",
  );
});

test("a cookie alone needs a sign that the page is ours; a sign-in refuses only what another site's page sent", () => {
  const own = "http://localhost:8440";
  const cases: readonly [Record<string, string>, string, string][] = [
    [{ "sec-fetch-site": "same-origin" }, "passes", "passes"],
    [{ "sec-fetch-site": "none" }, "passes", "passes"],
    [{ origin: own }, "passes", "passes"],
    [{ "sec-fetch-site": "same-origin", origin: own }, "passes", "passes"],
    [{}, "forbidden", "passes"],
    [{ "sec-fetch-site": "cross-site" }, "forbidden", "forbidden"],
    [{ "sec-fetch-site": "same-site" }, "forbidden", "forbidden"],
    [{ origin: "http://evil.example" }, "forbidden", "forbidden"],
    [{ origin: "null" }, "forbidden", "forbidden"],
    [{ origin: "http://localhost:8441" }, "forbidden", "forbidden"],
    [{ "sec-fetch-site": "same-origin", origin: "http://evil.example" }, "forbidden", "forbidden"],
  ];
  for (const [headers, byCookie, atSignIn] of cases) {
    assert.equal(
      code(() => refuseCrossSite(headers, own, "cookie")),
      byCookie,
      JSON.stringify(headers),
    );
    assert.equal(
      code(() => refuseCrossSite(headers, own, "sign-in")),
      atSignIn,
      JSON.stringify(headers),
    );
  }
});

test("a cookie is found by its whole name, and is none when it is there twice", () => {
  assert.equal(readCookie("a=1; vdc-session=x; b=2", "vdc-session"), "x");
  assert.equal(readCookie("xvdc-session=x", "vdc-session"), undefined);
  assert.equal(readCookie("vdc-session=x; vdc-session=y", "vdc-session"), undefined);
  assert.equal(readCookie(undefined, "vdc-session"), undefined);
  const text = cookieText("n", "v", { secure: true, sameSite: "Strict", maxAgeSeconds: 5.9 });
  assert.equal(text, "n=v; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=5");
});

test("what JSON.stringify writes is read back, at any depth below the limit", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
      const text = JSON.stringify(value);
      if (text.includes("__proto__")) return;
      assert.deepEqual(readJson(Buffer.from(text), 64), JSON.parse(text));
    }),
  );
});

test("a query is read back as it was written, whatever is in it", () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.string({ minLength: 1, maxLength: 12, unit: "binary" }),
        fc.string({ maxLength: 12, unit: "binary" }),
        {
          maxKeys: 10,
        },
      ),
      (wanted) => {
        if (Object.hasOwn(wanted, "__proto__")) return;
        const target = `/x?${new URLSearchParams(Object.entries(wanted).filter(([key, value]) => key.isWellFormed() && value.isWellFormed())).toString()}`;
        const expected = Object.fromEntries(new URLSearchParams(target.slice(3)));
        assert.deepEqual({ ...readQuery(target, 32) }, expected);
      },
    ),
  );
});

test("a merge patch does what RFC 7396's own examples say, and changes neither argument", () => {
  const cases: readonly [Json, Json, Json][] = [
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [
      ["a", "b"],
      ["c", "d"],
      ["c", "d"],
    ],
    [{ a: "b" }, ["c"], ["c"]],
    [{ a: "foo" }, null, null],
    [{ a: "foo" }, "bar", "bar"],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [target, patch, wanted] of cases) {
    const before = JSON.stringify([target, patch]);
    assert.deepEqual(mergePatch(target, patch), wanted);
    assert.equal(JSON.stringify([target, patch]), before);
  }
});

test("an address has its burst, then its rate, and no other address pays for it", () => {
  const time = { now: 0 };
  const clock = { ...systemClock, monotonic: () => time.now };
  const limiter = createAddressLimiter({ burst: 3, perSecond: 2, addresses: 10 }, clock);
  assert.deepEqual(
    [1, 2, 3].map(() => limiter.take("10.0.0.1")),
    [undefined, undefined, undefined],
  );
  assert.equal(limiter.take("10.0.0.1"), 1);
  assert.equal(limiter.take("10.0.0.2"), undefined);
  time.now += 500;
  assert.equal(limiter.take("10.0.0.1"), undefined);
  assert.equal(limiter.take("10.0.0.1"), 1);
});

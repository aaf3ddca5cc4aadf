import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { RequestHeadReader } from "../http1/request-head.ts";
import { readRequest } from "./request.ts";

const get = [":method", "GET", ":scheme", "https", ":authority", "a.example.org", ":path", "/x?y=1"];
const tls = { ended: true, tls: true };

function rule(section: readonly string[], options = tls): string {
  const read = readRequest(section, options);
  return "rule" in read ? read.rule : `accepted ${read.framing}`;
}

/** The usual request with one pseudo-header changed, or left out. */
function having(change: Readonly<Record<string, string | undefined>>, ...more: string[]): string[] {
  const section = get.flatMap((name, at) => {
    if (at % 2 === 1) return [];
    const text = name in change ? change[name] : get[at + 1];
    return text === undefined ? [] : [name, text];
  });
  return [...section, ...more];
}

describe("a request of HTTP/2", () => {
  it("becomes the head that the same request has in HTTP/1.1", () => {
    const head = readRequest(
      [...get, "accept", "*/*", "cookie", "a=1", "x-a", "caf\xe9", "cookie", "b=2"],
      tls,
    );
    assert.ok(!("rule" in head));
    const { protocol, method, target, authority, host, fields, framing, contentLength, upgrade } = head;
    const read = { protocol, method, target, authority, host, fields, framing, contentLength, upgrade };
    assert.deepEqual(read, {
      protocol: "HTTP/2",
      method: "GET",
      target: "/x?y=1",
      authority: "a.example.org",
      host: "a.example.org",
      fields: "host: a.example.org\r\naccept: */*\r\nx-a: caf\xe9\r\ncookie: a=1; b=2\r\n",
      framing: "none",
      contentLength: 0,
      upgrade: "",
    });
  });

  it("has the body that its frames say, and a length that is kept to", () => {
    const open = { ended: false, tls: true };
    assert.equal(rule(having({}), open), "accepted stream");
    assert.equal(rule(having({}, "content-length", "5"), open), "accepted length");
    assert.equal(rule(having({}, "content-length", "0"), open), "accepted none");
    assert.equal(rule(having({}, "content-length", "0")), "accepted none");
    assert.equal(rule(having({}, "content-length", "5")), "length-differs");
    assert.equal(rule(having({}, "content-length", "5", "content-length", "5"), open), "length-twice");
    assert.equal(rule(having({}, "content-length", "+5"), open), "length-invalid");
  });

  const cases: readonly (readonly [what: string, section: readonly string[], rule: string])[] = [
    ["a line end in a value", having({}, "x-a", "b\r\nx-evil: 1"), "header-value"],
    ["a bare LF in a value", having({}, "x-a", "b\nc"), "header-value"],
    ["a NUL in a value", having({}, "x-a", "b\0c"), "nul-byte"],
    ["a blank before a value", having({}, "x-a", " b"), "header-value"],
    ["a line end in a name", having({}, "x-a: 1\r\nx-b", "c"), "header-name"],
    ["a colon in a name", having({}, "x:a", "c"), "header-name"],
    ["a blank in a name", having({}, "x a", "c"), "header-name"],
    ["an empty name", having({}, "", "c"), "header-name"],
    ["a capital letter in a name", having({}, "X-A", "c"), "header-case"],
    ["a space in the path", having({ ":path": "/a HTTP/1.1" }), "target-byte"],
    [
      "a request line in the path",
      having({ ":path": "/ HTTP/1.1\r\nhost: b\r\n\r\nGET /evil" }),
      "header-value",
    ],
    ["a request line in the method", having({ ":method": "GET / HTTP/1.1\r\nx: y" }), "header-value"],
    ["a space in the method", having({ ":method": "GET /evil" }), "method"],
    ["an empty method", having({ ":method": "" }), "method"],
    ["a fragment in the path", having({ ":path": "/a#b" }), "target-fragment"],
    ["an empty path", having({ ":path": "" }), "target-form"],
    ["an absolute path with another authority", having({ ":path": "https://evil.example/" }), "target-form"],
    ["a star as path of another method", having({ ":path": "*" }), "target-form"],
    ["no path", having({ ":path": undefined }), "pseudo-header"],
    ["no scheme", having({ ":scheme": undefined }), "pseudo-header"],
    ["another scheme", having({ ":scheme": "http" }), "scheme"],
    ["no authority", having({ ":authority": undefined }), "host-missing"],
    ["an empty authority", having({ ":authority": "" }), "host-empty"],
    ["a user in the authority", having({ ":authority": "u@a.example.org" }), "host-userinfo"],
    ["an authority with a slash", having({ ":authority": "a.example.org/x" }), "host-invalid"],
    ["a Host that differs", having({}, "host", "b.example.org"), "host-differs"],
    ["two Hosts", having({}, "host", "a.example.org", "host", "a.example.org"), "host-twice"],
    ["a pseudo-header twice", [...get, ":path", "/b"], "pseudo-header"],
    ["an unknown pseudo-header", [...get, ":x", "y"], "pseudo-header"],
    ["a response's pseudo-header", [...get, ":status", "200"], "pseudo-header"],
    ["a pseudo-header after a header", ["x-a", "b", ...get], "pseudo-header"],
    ["extended CONNECT", having({ ":method": "CONNECT" }, ":protocol", "websocket"), "pseudo-header"],
    ["CONNECT", [":method", "CONNECT", ":authority", "a.example.org:443"], "method-connect"],
    ["TRACE", having({ ":method": "TRACE" }), "method-trace"],
    ["Connection", having({}, "connection", "close"), "header-connection"],
    ["Transfer-Encoding", having({}, "transfer-encoding", "chunked"), "header-connection"],
    ["Upgrade", having({}, "upgrade", "websocket"), "header-connection"],
    ["Keep-Alive", having({}, "keep-alive", "5"), "header-connection"],
    ["Proxy-Connection", having({}, "proxy-connection", "close"), "header-connection"],
    ["TE with more than trailers", having({}, "te", "gzip"), "header-connection"],
    ["too many lines", having({}, ...Array.from({ length: 129 }, () => ["x-a", "b"]).flat()), "header-count"],
    ["an unknown expectation", having({}, "expect", "more"), "expect-unknown"],
  ];
  for (const [what, section, wanted] of cases)
    it(`with ${what} breaks the rule ${wanted}`, () => assert.equal(rule(section), wanted));

  it("may have no :authority but a Host, TE with trailers, a star with OPTIONS, and http without TLS", () => {
    assert.equal(rule(having({ ":authority": undefined }, "host", "a.example.org")), "accepted none");
    assert.equal(rule(having({}, "te", "trailers")), "accepted none");
    assert.equal(rule(having({ ":method": "OPTIONS", ":path": "*" })), "accepted none");
    assert.equal(rule(having({ ":scheme": "http" }), { ended: true, tls: false }), "accepted none");
  });

  it("loses what only a gateway may say", () => {
    const head = readRequest(
      having({}, "x-forwarded-for", "1.2.3.4", "forwarded", "for=1.2.3.4", "x-ok", "1"),
      tls,
    );
    assert.ok(!("rule" in head));
    assert.equal(head.fields, "host: a.example.org\r\nx-ok: 1\r\n");
  });

  it("is read as exactly one request of HTTP/1.1 whatever its pieces are, or not at all", () => {
    const reader = new RequestHeadReader();
    const odd = fc.constantFrom(
      "\r",
      "\n",
      "\0",
      " ",
      "\t",
      ":",
      "a",
      "/",
      "*",
      "%0d",
      "\x7f",
      "\xff",
      "http://x",
      "?",
      "#",
    );
    const piece = fc.array(odd, { maxLength: 6 }).map((parts) => parts.join(""));
    const section = fc.record({ method: piece, path: piece, authority: piece, name: piece, text: piece });
    fc.assert(
      fc.property(section, ({ method, path, authority, name, text }) => {
        const change = { ":method": `G${method}`, ":path": `/${path}`, ":authority": `a${authority}` };
        const head = readRequest(having(change, `x${name}`, text), tls);
        if ("rule" in head) return;
        const { target, fields } = head;
        const again = `${head.method} ${target} HTTP/1.1\r\n${fields}\r\n`;
        assert.equal(reader.read(again, 0, again.length - 2), undefined);
        assert.equal(again.split("\r\n").length, 5, "a request line, Host, one header, and an empty line");
        assert.equal(reader.head.fields, fields);
      }),
      { numRuns: 2_000 },
    );
  });
});

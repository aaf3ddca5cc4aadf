import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { rawClient, startOrigin, startWorld, type Origin, type World } from "#test/support/gateway-world.ts";
import { waitFor } from "#test/support/wait-for.ts";
import { rules, type RuleName } from "./rules.ts";

/**
 * Requests that two servers read in two ways, or that no server should read. Each is sent as raw bytes, the rule that refuses it is
 * named in the answer, and what the origin received is looked at: nothing.
 */
type Case = readonly [name: string, rule: RuleName, bytes: string];

const get = "GET / HTTP/1.1\r\nHost: a.test\r\n";
const post = "POST / HTTP/1.1\r\nHost: a.test\r\n";
const chunked = `${post}Transfer-Encoding: chunked\r\n\r\n`;

const heads: readonly Case[] = [
  [
    "Content-Length and Transfer-Encoding together",
    "length-and-coding",
    `${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  [
    "Transfer-Encoding before Content-Length",
    "length-and-coding",
    `${post}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
  ],
  ["two different lengths", "length-twice", `${post}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`],
  ["the same length twice", "length-twice", `${post}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`],
  ["a list of lengths", "length-invalid", `${post}Content-Length: 5, 5\r\n\r\nhello`],
  ["a length with a plus sign", "length-invalid", `${post}Content-Length: +5\r\n\r\nhello`],
  ["a negative length", "length-invalid", `${post}Content-Length: -5\r\n\r\nhello`],
  ["a length in hexadecimal", "length-invalid", `${post}Content-Length: 0x5\r\n\r\nhello`],
  ["a length with a leading zero", "length-invalid", `${post}Content-Length: 05\r\n\r\nhello`],
  ["a length with a fraction", "length-invalid", `${post}Content-Length: 5.0\r\n\r\nhello`],
  ["an empty length", "length-invalid", `${post}Content-Length:\r\n\r\nhello`],
  ["a length with a space inside", "length-invalid", `${post}Content-Length: 5 5\r\n\r\nhello`],
  ["a length beyond 2 to the 64", "length-huge", `${post}Content-Length: 18446744073709551621\r\n\r\nhello`],
  ["an unknown coding", "coding-unknown", `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
  ["identity", "coding-unknown", `${post}Transfer-Encoding: identity\r\n\r\n`],
  [
    "chunked is not the last coding",
    "coding-unknown",
    `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
  ],
  [
    "chunked twice in a list",
    "coding-unknown",
    `${post}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`,
  ],
  ["chunked with a parameter", "coding-unknown", `${post}Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n`],
  ["a quoted coding", "coding-unknown", `${post}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n`],
  ["an empty coding", "coding-unknown", `${post}Transfer-Encoding:\r\n\r\n0\r\n\r\n`],
  ["chunked after a comma", "coding-unknown", `${post}Transfer-Encoding: , chunked\r\n\r\n0\r\n\r\n`],
  ["a vertical tab before chunked", "header-value", `${post}Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n`],
  [
    "two Transfer-Encoding lines",
    "coding-twice",
    `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
  ],
  [
    "a coding that is not offered",
    "coding-unsupported",
    `${post}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
  ],
  [
    "Transfer-Encoding in HTTP/1.0",
    "coding-version",
    "POST / HTTP/1.0\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
  ["a space before the colon", "header-name-space", `${get}X-A : b\r\n\r\n`],
  [
    "a tab before the colon of Content-Length",
    "header-name-space",
    `${post}Content-Length\t: 5\r\n\r\nhello`,
  ],
  ["a space inside a name", "header-name", `${get}X A: b\r\n\r\n`],
  ["an empty name", "header-name-empty", `${get}: x\r\n\r\n`],
  ["a line without a colon", "header-no-colon", `${get}nonsense\r\n\r\n`],
  ["a bracket in a name", "header-name", `${get}X[a]: b\r\n\r\n`],
  ["a byte above 127 in a name", "header-name", `${get}X\xe9: b\r\n\r\n`],
  ["a folded line", "header-fold", `${get}X-A: b\r\n c\r\n\r\n`],
  ["a fold by tab", "header-fold", `${get}X-A: b\r\n\tc\r\n\r\n`],
  ["a fold right after the request line", "header-fold", "GET / HTTP/1.1\r\n Host: a.test\r\n\r\n"],
  ["NUL in a value", "nul-byte", `${get}X-A: b\0c\r\n\r\n`],
  ["NUL in a name", "nul-byte", `${get}X\0A: b\r\n\r\n`],
  ["NUL in the target", "nul-byte", "GET /\0 HTTP/1.1\r\nHost: a.test\r\n\r\n"],
  ["CR alone in a value", "bare-cr", `${get}X-A: b\rc\r\n\r\n`],
  ["CR twice before LF", "bare-cr", `${get}X-A: b\r\r\n\r\n`],
  ["DEL in a value", "header-value", `${get}X-A: b\x7f\r\n\r\n`],
  ["an escape character in a value", "header-value", `${get}X-A: \x1b[31m\r\n\r\n`],
  ["a head with LF only", "bare-lf", "GET / HTTP/1.1\nHost: a.test\n\n"],
  ["one line that ends with LF", "bare-lf", "GET / HTTP/1.1\r\nHost: a.test\nX-A: b\r\n\r\n"],
  ["LF inside a value", "bare-lf", `${get}X-A: b\nX-B: c\r\n\r\n`],
  ["two Host lines", "host-twice", `${get}Host: b.test\r\n\r\n`],
  ["the same Host twice", "host-twice", `${get}Host: a.test\r\n\r\n`],
  ["no Host", "host-missing", "GET / HTTP/1.1\r\n\r\n"],
  ["an empty Host", "host-empty", "GET / HTTP/1.1\r\nHost:\r\n\r\n"],
  ["a Host with a path", "host-invalid", "GET / HTTP/1.1\r\nHost: a.test/x\r\n\r\n"],
  ["a Host with a list", "host-invalid", "GET / HTTP/1.1\r\nHost: a.test, b.test\r\n\r\n"],
  ["a Host with a port that is no number", "host-invalid", "GET / HTTP/1.1\r\nHost: a.test:80a\r\n\r\n"],
  ["a Host with user information", "host-userinfo", "GET / HTTP/1.1\r\nHost: a.test@b.test\r\n\r\n"],
  [
    "an absolute target for another Host",
    "host-differs",
    "GET http://b.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n",
  ],
  [
    "an absolute target with user information",
    "host-userinfo",
    "GET http://x@a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n",
  ],
  [
    "an absolute target of another scheme",
    "target-form",
    "GET ftp://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n",
  ],
  ["a target without a slash", "target-form", "GET index.html HTTP/1.1\r\nHost: a.test\r\n\r\n"],
  ["an asterisk with GET", "target-form", "GET * HTTP/1.1\r\nHost: a.test\r\n\r\n"],
  ["an authority with GET", "target-form", "GET a.test:80 HTTP/1.1\r\nHost: a.test\r\n\r\n"],
  ["a fragment", "target-fragment", "GET /a#b HTTP/1.1\r\nHost: a.test\r\n\r\n"],
  ["a tab in the target", "target-byte", "GET /a\tb HTTP/1.1\r\nHost: a.test\r\n\r\n"],
  ["a byte above 127 in the target", "target-byte", "GET /\xe9 HTTP/1.1\r\nHost: a.test\r\n\r\n"],
  ["a backslash in the path", "target-byte", "GET /a\\b HTTP/1.1\r\nHost: a.test\r\n\r\n"],
  ["a quote in the target", "target-byte", 'GET /a"b HTTP/1.1\r\nHost: a.test\r\n\r\n'],
  [
    "a target of more than 8 KiB",
    "target-length",
    `GET /${"a".repeat(8_192)} HTTP/1.1\r\nHost: a.test\r\n\r\n`,
  ],
  ["a second space before the version", "request-line", "GET /  HTTP/1.1\r\nHost: a.test\r\n\r\n"],
  ["no version", "request-line", "GET /\r\nHost: a.test\r\n\r\n"],
  ["no target", "request-line", "GET  HTTP/1.1\r\nHost: a.test\r\n\r\n"],
  ["words after the version", "request-line", "GET / HTTP/1.1 x\r\nHost: a.test\r\n\r\n"],
  ["a version in small letters", "version", "GET / http/1.1\r\nHost: a.test\r\n\r\n"],
  ["a version with two digits", "version", "GET / HTTP/1.10\r\nHost: a.test\r\n\r\n"],
  ["HTTP/2.0 in text", "version-unsupported", "GET / HTTP/2.0\r\nHost: a.test\r\n\r\n"],
  ["HTTP/0.9 in text", "version-unsupported", "GET / HTTP/0.9\r\nHost: a.test\r\n\r\n"],
  ["the preface of HTTP/2", "version-unsupported", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["a method in small letters", "request-start", "get / HTTP/1.1\r\nHost: a.test\r\n\r\n"],
  ["a method with a colon", "method", "GE:T / HTTP/1.1\r\nHost: a.test\r\n\r\n"],
  ["a method of 25 letters", "method", `${"A".repeat(25)} / HTTP/1.1\r\nHost: a.test\r\n\r\n`],
  ["CONNECT", "method-connect", "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n"],
  ["TRACE", "method-trace", "TRACE / HTTP/1.1\r\nHost: a.test\r\n\r\n"],
  ["a space before the request line", "request-start", ` ${get}\r\n`],
  ["two empty lines before the request line", "request-start", `\r\n\r\n${get}\r\n`],
  ["an LF before the request line", "request-start", `\n${get}\r\n`],
  ["a TLS greeting on a plain port", "request-start", "\x16\x03\x01\x02\x00\x01\x00"],
  ["129 header lines", "header-count", `${get}${"a: b\r\n".repeat(128)}\r\n`],
  ["a head of more than 32 KiB", "head-length", `${get}X-A: ${"b".repeat(32_768)}\r\n\r\n`],
  [
    "Connection names Content-Length",
    "connection-names",
    `${post}Connection: content-length\r\nContent-Length: 5\r\n\r\nhello`,
  ],
  ["Connection names Host", "connection-names", `${get}Connection: close, host\r\n\r\n`],
  ["Connection with a value that is no token", "connection-value", `${get}Connection: a b\r\n\r\n`],
  ["an unknown expectation", "expect-unknown", `${post}Expect: 200-ok\r\nContent-Length: 5\r\n\r\nhello`],
];

const bodies: readonly Case[] = [
  ["a chunk size with 0x", "chunk-size", `${chunked}0x5\r\nhello\r\n0\r\n\r\n`],
  ["a chunk size with a sign", "chunk-size", `${chunked}+5\r\nhello\r\n0\r\n\r\n`],
  ["a negative chunk size", "chunk-size", `${chunked}-5\r\nhello\r\n0\r\n\r\n`],
  ["an empty chunk size", "chunk-size", `${chunked}\r\nhello\r\n0\r\n\r\n`],
  ["a space before a chunk size", "chunk-size", `${chunked} 5\r\nhello\r\n0\r\n\r\n`],
  ["a space after a chunk size", "chunk-size", `${chunked}5 \r\nhello\r\n0\r\n\r\n`],
  ["a chunk size with an underscore", "chunk-size", `${chunked}1_0\r\nhello\r\n0\r\n\r\n`],
  ["a chunk size that overflows 32 bits", "chunk-size-huge", `${chunked}100000005\r\nhello\r\n0\r\n\r\n`],
  [
    "a chunk size that overflows 64 bits",
    "chunk-size-huge",
    `${chunked}10000000000000005\r\nhello\r\n0\r\n\r\n`,
  ],
  ["LF alone after a chunk size", "chunk-line-end", `${chunked}5\nhello\r\n0\r\n\r\n`],
  ["CR alone after a chunk size", "chunk-line-end", `${chunked}5\rhello\r\n0\r\n\r\n`],
  ["LF alone inside a chunk extension", "chunk-line-end", `${chunked}5;x\nhello\r\n0\r\n\r\n`],
  ["a chunk extension without a name", "chunk-extension", `${chunked}5;\r\nhello\r\n0\r\n\r\n`],
  ["a chunk extension with spaces", "chunk-extension", `${chunked}5; x = y\r\nhello\r\n0\r\n\r\n`],
  ["a chunk extension with an open quote", "chunk-extension", `${chunked}5;x="y\r\nhello\r\n0\r\n\r\n`],
  ["NUL in a chunk extension", "chunk-extension", `${chunked}5;x=\0\r\nhello\r\n0\r\n\r\n`],
  ["a long chunk extension", "chunk-line-length", `${chunked}5;x=${"y".repeat(300)}\r\nhello\r\n0\r\n\r\n`],
  ["a chunk that is longer than its size", "chunk-data-end", `${chunked}4\r\nhello\r\n0\r\n\r\n`],
  ["LF alone after a chunk's data", "chunk-data-end", `${chunked}5\r\nhello\n0\r\n\r\n`],
  ["Content-Length in a trailer", "trailer-forbidden", `${chunked}0\r\nContent-Length: 5\r\n\r\n`],
  ["Host in a trailer", "trailer-forbidden", `${chunked}0\r\nHost: b.test\r\n\r\n`],
  ["Authorization in a trailer", "trailer-forbidden", `${chunked}0\r\nAuthorization: x\r\n\r\n`],
  ["X-Forwarded-For in a trailer", "trailer-forbidden", `${chunked}0\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n`],
  ["a trailer without a colon", "trailer-line", `${chunked}0\r\nnonsense\r\n\r\n`],
  ["a folded trailer", "trailer-line", `${chunked}0\r\nA: b\r\n c\r\n\r\n`],
  ["LF alone after a trailer", "bare-lf", `${chunked}0\r\nA: b\n\r\n`],
  [
    "a trailer section of more than 8 KiB",
    "trailer-length",
    `${chunked}0\r\nA: ${"b".repeat(8_192)}\r\n\r\n`,
  ],
];

describe("requests that are refused by name", { concurrency: 8 }, () => {
  let origin: Origin;
  let world: World;
  before(async () => {
    origin = await startOrigin(() => undefined);
    world = await startWorld({ origins: [origin.port] });
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    await origin[Symbol.asyncDispose]();
  });

  async function answerTo(bytes: string): Promise<string> {
    await using client = await rawClient(world.port);
    client.send(bytes);
    return await waitFor(() => (client.isEnded ? client.received : undefined), {
      withinMs: 5_000,
      what: "an answer",
    });
  }

  for (const [name, rule, bytes] of heads)
    test(`${name}: ${rule}`, async () => {
      const answer = await answerTo(bytes);
      const [status, sentence] = rules[rule];
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
      assert.match(answer, new RegExp(`\\r\\nx-vdc-rule: ${rule}\\r\\n`));
      assert.match(answer, /\r\nconnection: close\r\n/);
      assert.ok(answer.includes(JSON.stringify(sentence)), "the problem says it in a sentence");
    });

  test("of a request whose head is refused nothing reaches an instance", () => {
    assert.equal(origin.received, "");
  });

  for (const [name, rule, bytes] of bodies)
    test(`${name}: ${rule}`, async () => {
      const answer = await answerTo(`${bytes}GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n`);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${rules[rule][0]} `));
      assert.match(answer, new RegExp(`\\r\\nx-vdc-rule: ${rule}\\r\\n`));
      assert.equal(answer.match(/HTTP\/1\.1 /g)?.length, 1, "nothing is read after the body that was broken");
    });

  test("what follows a body that is refused never reaches an instance as a request", () => {
    for (const connection of origin.connections)
      assert.doesNotMatch(connection.received, /(?:^|\r\n\r\n(?:.*\r\n)*)GET \/smuggled/);
  });

  test("there are more than 100 cases, and no two have the same name", () => {
    const names = [...heads, ...bodies].map(([name]) => name);
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.length >= 100);
  });
});

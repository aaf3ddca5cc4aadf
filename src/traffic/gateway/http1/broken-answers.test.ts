import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { rawClient, startOrigin, startWorld, type Origin, type World } from "#test/support/gateway-world.ts";
import { waitFor } from "#test/support/wait-for.ts";
import type { RuleName } from "./rules.ts";

/** Answers that two readers frame in two ways: how responses are split, and caches poisoned. A client never sees a byte of one. */
const ok = "HTTP/1.1 200 OK\r\nX-Evil: 1\r\n";
const broken: readonly (readonly [name: string, rule: RuleName, bytes: string])[] = [
  ["two lengths", "length-twice", `${ok}Content-Length: 4\r\nContent-Length: 5\r\n\r\nevil!`],
  ["a length with a sign", "length-invalid", `${ok}Content-Length: +4\r\n\r\nevil`],
  ["a list of lengths", "length-invalid", `${ok}Content-Length: 4, 4\r\n\r\nevil`],
  ["an empty length", "length-invalid", `${ok}Content-Length:\r\n\r\nevil`],
  ["a length beyond all numbers", "length-huge", `${ok}Content-Length: 18446744073709551620\r\n\r\nevil`],
  [
    "a length and chunks",
    "length-and-coding",
    `${ok}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  ["an unknown coding", "coding-unknown", `${ok}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
  [
    "chunked before another coding",
    "coding-unknown",
    `${ok}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`,
  ],
  [
    "two codings",
    "coding-twice",
    `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  [
    "chunks of HTTP/1.0",
    "coding-version",
    "HTTP/1.0 200 OK\r\nX-Evil: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
  ["a folded line", "header-fold", `${ok}X-A: b\r\n c\r\nContent-Length: 4\r\n\r\nevil`],
  ["a space before the colon", "header-name-space", `${ok}Content-Length : 4\r\n\r\nevil`],
  ["a line without a colon", "header-no-colon", `${ok}nonsense\r\n\r\nevil`],
  ["NUL in a value", "nul-byte", `${ok}X-A: \0\r\n\r\nevil`],
  ["CR alone in a value", "bare-cr", `${ok}X-A: b\rX-B: c\r\n\r\nevil`],
  ["LF alone after a line", "bare-lf", `${ok}X-A: b\nX-B: c\r\n\r\nevil`],
  ["another protocol", "status-line", "ICY 200 OK\r\nX-Evil: 1\r\n\r\nevil"],
  ["a status of four digits", "status-line", "HTTP/1.1 2000 OK\r\nX-Evil: 1\r\n\r\nevil"],
  [
    "a switch of protocols that nobody asked for",
    "status-unexpected",
    "HTTP/1.1 101 Switching Protocols\r\nX-Evil: 1\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nevil",
  ],
  [
    "a first chunk without a size",
    "chunk-size",
    `${ok}Transfer-Encoding: chunked\r\n\r\nxyz\r\nevil\r\n0\r\n\r\n`,
  ],
];

describe("answers that break a rule", () => {
  let origin: Origin;
  let world: World;
  before(async () => {
    origin = await startOrigin(({ received, socket }) => {
      const index = /GET \/(\d+) HTTP[^]*\r\n\r\n$/.exec(received.slice(received.lastIndexOf("GET ")))?.[1];
      if (index !== undefined) socket.write(broken[Number(index)]?.[2] ?? "", "latin1");
    });
    world = await startWorld({ origins: [origin.port] });
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    await origin[Symbol.asyncDispose]();
  });

  for (const [index, [name, rule]] of broken.entries())
    test(`are a 502 that names the rule, and nothing of them passes: ${name}`, async () => {
      await using client = await rawClient(world.port);
      client.send(`GET /${index} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n`);
      await waitFor(() => client.isEnded || undefined, { withinMs: 10_000, what: "the answer" });
      assert.match(client.received, /^HTTP\/1\.1 502 Bad Gateway\r\n/);
      assert.match(client.received, new RegExp(`\r\nx-vdc-rule: ${rule}\r\n`));
      assert.doesNotMatch(client.received, /evil/i);
    });
});

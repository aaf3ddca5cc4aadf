import assert from "node:assert/strict";
import { connect } from "node:http2";
import { after, before, describe, test } from "node:test";
import { startWorld, type World } from "#test/support/gateway-world.ts";
import { startSecureGateway, type SecureGateway } from "#test/support/secure-gateway.ts";
import { transparencyCases, type TransparencyCase } from "#test/support/transparency/cases.ts";
import {
  askHttp2,
  requestBytes,
  startScriptedOrigin,
  WireClient,
  type ScriptedOrigin,
} from "#test/support/transparency/ends.ts";
import { nameOf, type WireAnswer, type WireMessage } from "#test/support/transparency/wire.ts";
import { waitFor } from "#test/support/wait-for.ts";

/**
 * What a gateway must not change: each case is asked of the origin directly and through the gateway, and what both ends saw is compared,
 * byte by byte. In the spirit of http-cache-tests, with bytes of our own at both ends and a reader that is not the gateway's.
 */
const seed = 20_261_122;
const cases = transparencyCases(seed, 120);

/** Lines that belong to one connection (RFC 9110 section 7.6.1). */
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "http2-settings",
  "x-hop",
]);
/** Lines that only a gateway may say; and Expect, which is one's own on each connection. */
const ofGateways = /^(?:x-forwarded-(?:for|proto|host|port)|forwarded|x-request-id|expect):|^via: 1\.1 vdc$/i;

type Protocol = "HTTP/1.1" | "HTTP/1.0" | "HTTP/2";

function endToEnd(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => !hopByHop.has(nameOf(line)) && !ofGateways.test(line));
}

/** As HTTP/2 writes them. */
function lowered(lines: readonly string[]): readonly string[] {
  return lines.map((line) => {
    const at = line.indexOf(":");
    return `${line.slice(0, at).toLowerCase()}: ${line.slice(at + 1).replaceAll(/^[ \t]+|[ \t]+$/g, "")}`;
  });
}

/** All of an answer that has to pass; an older client gets neither interim answers nor trailers. */
function ofAnswer(answer: WireAnswer, protocol: Protocol) {
  const write = protocol === "HTTP/2" ? lowered : (lines: readonly string[]) => lines;
  const isOld = protocol === "HTTP/1.0";
  const isReset = protocol === "HTTP/2" && answer.first.includes("205");
  const status = (first: string) => (protocol === "HTTP/2" ? /\d{3}/.exec(first)?.[0] : first.slice(8));
  return {
    first: status(answer.first),
    // Of an answer that has no content HTTP/2 does not say the length.
    lines: write(endToEnd(answer.lines)).filter((line) => !isReset || nameOf(line) !== "content-length"),
    body: answer.body.toString("base64"),
    trailers: isOld ? [] : inOrder(write(answer.trailers), protocol),
    interim: isOld ? [] : answer.interim.map(({ first, lines }) => [status(first), write(lines)]),
  };
}

/** All of a request that has to pass. HTTP/2 has its crumbs of cookies last, and no word before the path. */
function ofRequest(request: WireMessage | undefined, protocol: Protocol) {
  assert.ok(request !== undefined, "the request has come");
  const lines = endToEnd(request.lines);
  const write = (all: readonly string[]) =>
    protocol === "HTTP/2" ? lowered(all).toSorted((a, b) => Number(isLate(a)) - Number(isLate(b))) : all;
  return {
    first: request.first.replace(/1\.0$/, "1.1"),
    lines: write(lines),
    body: request.body.toString("base64"),
    trailers: inOrder(write(request.trailers), protocol),
  };
}

/** Node's HTTP/2 takes trailers by name, so those of one name come together (which RFC 9110 section 5.3 allows). */
function inOrder(lines: readonly string[], protocol: Protocol): readonly string[] {
  return protocol === "HTTP/2" ? Map.groupBy(lines, nameOf).values().toArray().flat() : lines;
}

function isLate(line: string): boolean {
  return line.startsWith("cookie:");
}

describe("transparency", () => {
  let origin: ScriptedOrigin;
  let world: World;
  let secure: SecureGateway;
  before(async () => {
    origin = await startScriptedOrigin(cases);
    world = await startWorld({ origins: [origin.port] });
    secure = await startSecureGateway(["a.test"], { port: origin.port });
    await waitFor(
      () => secure.gateway.status().members.every(({ health }) => health === "healthy") || undefined,
      {
        withinMs: 5_000,
        what: "the member is healthy",
      },
    );
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    await secure[Symbol.asyncDispose]();
    await origin[Symbol.asyncDispose]();
  });

  async function both(
    one: TransparencyCase,
    index: number,
    protocol: Protocol,
    through: () => Promise<WireAnswer>,
  ) {
    using direct = new WireClient(origin.port);
    const expected = await direct.ask(
      requestBytes(one, index, protocol === "HTTP/1.0" ? "1.0" : "1.1"),
      one.method,
    );
    const asked = origin.lastOf(index);
    const answer = await through();
    assert.deepEqual(ofAnswer(answer, protocol), ofAnswer(expected, protocol), "the answer");
    assert.deepEqual(ofRequest(origin.lastOf(index), protocol), ofRequest(asked, protocol), "the request");
    assert.ok(!answer.lines.some((line) => nameOf(line) === "x-hop"), "what Connection names stays");
  }

  for (const protocol of ["HTTP/1.1", "HTTP/1.0"] as const)
    describe(`over ${protocol}`, () => {
      let client: WireClient;
      before(() => {
        client = new WireClient(world.port);
      });
      after(() => client[Symbol.dispose]());
      const version = protocol === "HTTP/1.1" ? "1.1" : "1.0";
      for (const [index, one] of cases.entries())
        test(`${protocol} passes as it is: ${one.name}`, async () => {
          await both(
            one,
            index,
            protocol,
            async () => await client.ask(requestBytes(one, index, version), one.method),
          );
        });
    });

  describe("over HTTP/2 and TLS", () => {
    let session: ReturnType<typeof connect>;
    before(() => {
      const options = { ca: secure.ca, servername: "a.test", strictSingleValueFields: false };
      session = connect(`https://127.0.0.1:${secure.port}`, options);
      session.on("error", () => undefined); // a test that has no answer says more
    });
    after(() => session.destroy());
    for (const [index, one] of cases.entries())
      test(`HTTP/2 passes as it is: ${one.name}`, async () => {
        await both(one, index, "HTTP/2", async () => await askHttp2(session, one, index));
      });
  });

  test("there are more than 200 cases, and no two have the same name", () => {
    assert.ok(cases.length >= 200, String(cases.length));
    assert.equal(new Set(cases.map(({ name }) => name)).size, cases.length);
  });
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import type { Random } from "#lib/random.ts";
import { seededRandom } from "#test/support/gateway-pool.ts";
import { startWorld, type World } from "#test/support/gateway-world.ts";
import { waitFor } from "#test/support/wait-for.ts";

/**
 * Requests that were changed by chance go through a gateway to a server of node:http, whose parser (llhttp) is strict. Whatever the
 * gateway lets pass, that parser has to see the same requests: as many, with the same lines and bodies, and nothing that it refuses.
 */
const firstSeed = 26_112_200;
const inputs = 2_400;
const atOnce = 24;
/** An input whose body never comes to an end is given up after this. */
const silenceMs = 300;

/** A method that llhttp does not know; and the end of a request whose client has left in the middle of it. */
const notFraming: ReadonlySet<string> = new Set(["HPE_INVALID_METHOD", "HPE_INVALID_EOF_STATE"]);

interface Seen {
  readonly id: string;
  readonly first: string;
  readonly bodyBytes: number;
  readonly isChunked: boolean;
}

const bases: readonly string[] = [
  "GET /a?b=c HTTP/1.1\r\nHost: a.test\r\nX-A: b\r\n\r\n",
  "POST /p HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello",
  "POST /c HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
  "PUT /t HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: a.test\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n",
  "GET http://a.test/abs HTTP/1.1\r\nHost: a.test\r\nConnection: X-A, close\r\nX-A: b\r\n\r\n",
  "POST /old HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc",
  "POST /e HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 30\r\n\r\nGET /in HTTP/1.1\r\nHost: a.tes\r\n",
  "DELETE /d HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\nGET /second HTTP/1.1\r\nHost: b.test\r\n\r\n",
];
const lines: readonly string[] = [
  "Content-Length: 5\r\n",
  "Content-Length: 0\r\n",
  "Content-Length : 5\r\n",
  "Content-Length: 5,5\r\n",
  "content_length: 7\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: identity\r\n",
  "Transfer-Encoding:\tchunked\r\n",
  "Transfer-Encoding: chunked, chunked\r\n",
  "Connection: close\r\n",
  "Connection: keep-alive, X-A\r\n",
  "Connection: upgrade\r\nUpgrade: h2c\r\n",
  "Connection: Transfer-Encoding\r\n",
  "Host: b.test\r\n",
  "X-Fold: a\r\n b\r\n",
  "X-Twice: a\r\nX-Twice: b\r\n",
  "\r\n",
  "TE: trailers\r\nTrailer: X-Sum\r\n",
];
const characters = [
  "\r",
  "\n",
  "\r\n",
  "\0",
  " ",
  "\t",
  ":",
  ";",
  ",",
  "\v",
  "\x7f",
  "\x85",
  "\xa0",
  "\xff",
  "0",
  "5",
  "a",
  "F",
  "G",
  "+",
  "-",
  "#",
  "\\",
  '"',
];

function mutated(random: Random): string {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random.fraction() * from.length)] as T; // never empty
  let bytes = pick(bases);
  for (let times = 1 + Math.floor(random.fraction() * 3); times > 0; times -= 1) {
    const at = Math.floor(random.fraction() * (bytes.length + 1));
    const kind = random.fraction();
    if (kind < 0.25) bytes = bytes.slice(0, at) + pick(characters) + bytes.slice(at);
    else if (kind < 0.45) bytes = bytes.slice(0, at) + pick(characters) + bytes.slice(at + 1);
    else if (kind < 0.55) bytes = bytes.slice(0, at) + bytes.slice(at + 1);
    else bytes = withLine(bytes, pick(lines), random);
  }
  return bytes;
}

/** The line after one of the lines that are there, which mostly is inside of the head. */
function withLine(bytes: string, line: string, random: Random): string {
  const ends = [...bytes.matchAll(/\r\n/g)].map(({ index }) => index + 2);
  const at = ends[Math.floor(random.fraction() * ends.length)] ?? 0;
  return bytes.slice(0, at) + line + bytes.slice(at);
}

describe("what a gateway forwards", () => {
  const seen: Seen[] = [];
  const refusedByOrigin: string[] = [];
  let origin: Server;
  let world: World;

  before(async () => {
    origin = createServer({ insecureHTTPParser: false, keepAliveTimeout: 60_000 }, (request, response) => {
      let bodyBytes = 0;
      request.on("data", (piece: Buffer) => (bodyBytes += piece.length));
      request.on("end", () => {
        seen.push(seenOf(request, bodyBytes));
        response.end("ok");
      });
    });
    origin.on("clientError", (error: NodeJS.ErrnoException, socket) => {
      if (error.code?.startsWith("HPE_") === true && !notFraming.has(error.code))
        refusedByOrigin.push(`${error.code} ${error.message}`);
      socket.destroy();
    });
    origin.listen(0, "127.0.0.1");
    await once(origin, "listening");
    const { port } = origin.address() as AddressInfo; // it listens on TCP
    world = await startWorld({
      origins: [port],
      policy: { concurrency: { perInstance: 1_000, learn: false } },
    });
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    origin.closeAllConnections();
    origin.close();
  });

  test(`is framed by llhttp as the gateway framed it, in ${inputs} requests that were changed by chance`, async (t) => {
    t.diagnostic(`seeds ${firstSeed} to ${firstSeed + inputs - 1}`);
    for (let from = 0; from < inputs; from += atOnce) {
      const seeds = Array.from({ length: atOnce }, (_, n) => firstSeed + from + n);
      await Promise.all(seeds.map(async (seed) => await send(world.port, mutated(seededRandom(seed)))));
      compare(`seeds ${seeds[0]} to ${seeds.at(-1)}`);
    }
    await waitFor(() => world.gateway.status().connections === 0 || undefined, {
      withinMs: 5_000,
      what: "all have gone",
    });
    compare("at the end");
    const forwarded = world.entries.filter(({ attempts }) => attempts > 0).length;
    t.diagnostic(`${forwarded} requests were forwarded, ${world.entries.length - forwarded} were refused`);
    assert.ok(forwarded > inputs / 4, "enough of them are near the edge, and not beyond it");
    assert.ok(world.entries.length - forwarded > inputs / 4, "enough of them are beyond it");
  });

  function compare(seeds: string): void {
    assert.deepEqual(refusedByOrigin, [], `llhttp takes all that is forwarded (${seeds})`);
    const ours = new Map(world.entries.map((entry) => [entry.id, entry]));
    const ids = new Set<string>();
    for (const { id, first, bodyBytes, isChunked } of seen) {
      assert.ok(!ids.has(id), `no request is seen twice (${seeds})`);
      ids.add(id);
      const entry = ours.get(id);
      assert.ok(entry !== undefined, `${first} is a request of ours (${seeds})`);
      assert.equal(first, `${entry.method} ${entry.path}`, seeds);
      if (!isChunked) assert.equal(bodyBytes, entry.requestBytes, `the body of ${first} (${seeds})`);
    }
    for (const { id, status, ended, method, path } of world.entries)
      if (status === 200 && ended === undefined)
        assert.ok(ids.has(id), `${method} ${path} was answered by the origin (${seeds})`);
  }
});

function seenOf(request: IncomingMessage, bodyBytes: number): Seen {
  const { method = "", url = "", headers } = request;
  return {
    id: String(headers["x-request-id"]),
    first: `${method} ${url.split("?")[0] ?? ""}`,
    bodyBytes,
    isChunked: headers["transfer-encoding"] !== undefined,
  };
}

/** Sends the bytes and a last request after them, and waits until the gateway has closed or nothing more comes. */
async function send(port: number, bytes: string): Promise<void> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  socket.on("error", () => undefined); // "close" follows
  socket.setTimeout(silenceMs, () => socket.destroy());
  socket.resume();
  socket.write(`${bytes}GET /last HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n`, "latin1");
  await once(socket, "close");
}

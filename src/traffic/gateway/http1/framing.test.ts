import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ChunkScanner } from "./chunk-scanner.ts";
import { HeadText } from "./head-text.ts";
import { RequestHeadReader } from "./request-head.ts";
import { ResponseHeadReader } from "./response-head.ts";

/** What a head is read as, however its bytes are cut: all that the gateway goes by, or the rule that is broken. */
function readCut(bytes: string, cuts: readonly number[]): unknown {
  const text = new HeadText();
  const reader = new RequestHeadReader();
  for (const piece of pieces(bytes, cuts)) {
    const found = text.find(piece, 0);
    if (typeof found === "string") return found;
    if (found === -1) continue;
    const broken = reader.read(text.text, text.from, text.end);
    if (broken !== undefined) return broken;
    return { ...reader.head, keepAlive: reader.keepAlive, hops: reader.hops };
  }
  return "incomplete";
}

function pieces(bytes: string, cuts: readonly number[]): Buffer[] {
  const whole = Buffer.from(bytes, "latin1");
  const places = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...places]
    .map((from, n) => Buffer.from(whole.subarray(from, places[n] ?? whole.length)))
    .filter((piece) => piece.length > 0);
}

const cuts = fc.array(fc.nat(100_000), { maxLength: 8 });

/** Parts of requests, good and bad, so that what is put together of them is near the edge of what is legal. */
const line = fc.constantFrom(
  "Host: a.test\r\n",
  "Host: b.test\r\n",
  "Host:\r\n",
  "Content-Length: 5\r\n",
  "content-length: 0\r\n",
  "Content-Length: +5\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: x\r\n",
  "Connection: close, X-A\r\n",
  "Connection: upgrade\r\n",
  "Upgrade: websocket\r\n",
  "X-A: b\r\n",
  "X-Forwarded-For: 1.2.3.4\r\n",
  "Via: 1.1 vdc\r\n",
  "X-B:\t c \r\n",
  " folded\r\n",
  "no colon\r\n",
  "X-C: d\n",
  "X-D: \0\r\n",
  "X-E: f\rg\r\n",
  ": empty\r\n",
  "Expect: 100-continue\r\n",
);
const first = fc.constantFrom(
  "GET / HTTP/1.1\r\n",
  "POST /a?b HTTP/1.1\r\n",
  "GET http://a.test/x HTTP/1.1\r\n",
  "OPTIONS * HTTP/1.1\r\n",
  "GET / HTTP/1.0\r\n",
  "\r\nGET / HTTP/1.1\r\n",
  "get / HTTP/1.1\r\n",
  "GET /\n",
  "\r\n\r\nGET / HTTP/1.1\r\n",
  "GET /#x HTTP/1.1\r\n",
  " GET / HTTP/1.1\r\n",
);
const request = fc
  .tuple(first, fc.array(line, { maxLength: 8 }), fc.constantFrom("\r\n", "\r\nbody\n", "\n", ""))
  .map(([start, lines, end]) => start + lines.join("") + end);

describe("framing", () => {
  test("a request's head is read in the same way however its bytes are cut", () => {
    fc.assert(
      fc.property(request, cuts, (bytes, places) => {
        assert.deepEqual(readCut(bytes, places), readCut(bytes, []));
      }),
      { numRuns: 2_000 },
    );
  });

  test("a head that comes byte by byte is read as one that comes at once", () => {
    const bytes =
      "POST /a?b=c HTTP/1.1\r\nHost: a.test\r\nConnection: X-A\r\nX-A: b\r\nContent-Length: 5\r\n\r\n";
    const places = Array.from({ length: bytes.length }, (_, n) => n);
    assert.deepEqual(readCut(bytes, places), readCut(bytes, []));
    assert.ok(typeof readCut(bytes, places) === "object");
  });

  test("whatever bytes come, a head that is accepted has no control character, no LF without CR and no second reading", () => {
    fc.assert(
      fc.property(fc.tuple(request, fc.nat(400), fc.nat(255)), ([bytes, at, byte]) => {
        const spot = at % (bytes.length + 1);
        const result = readCut(bytes.slice(0, spot) + String.fromCharCode(byte) + bytes.slice(spot), []);
        if (typeof result !== "object" || result === null || !("raw" in result)) return;
        const raw = String(result.raw);
        // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
        assert.doesNotMatch(raw.replaceAll("\r\n", ""), /[\0-\x08\x0a-\x1f\x7f]/);
        for (const name of ["content-length", "host"])
          assert.ok((raw.match(new RegExp(`\\r\\n${name}:`, "gi"))?.length ?? 0) <= 1);
        assert.doesNotMatch(
          raw,
          /\r\n(?:transfer-encoding|connection|keep-alive|te|upgrade|x-forwarded-\w+):/i,
        );
      }),
      { numRuns: 3_000 },
    );
  });

  test("a chunked body is followed in the same way however its bytes are cut, and its content is what was put in", () => {
    const chunk = fc.tuple(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.constantFrom("", ";a", ";a=b", ';a="b c"'),
    );
    const trailer = fc.constantFrom("", "X-Sum: 1\r\n", "A: b\r\nC:\r\n", "Host: x\r\n", "bad\r\n");
    fc.assert(
      fc.property(
        fc.array(chunk, { maxLength: 6 }),
        trailer,
        cuts,
        fc.nat(300),
        fc.option(fc.nat(255)),
        (chunks, lines, places, spot, byte) => {
          const content = Buffer.concat(chunks.map(([data]) => data)).toString("latin1");
          let body = chunks
            .map(
              ([data, extension]) =>
                `${data.length.toString(16)}${extension}\r\n${Buffer.from(data).toString("latin1")}\r\n`,
            )
            .join("");
          body += `0\r\n${lines}\r\n`;
          // Sometimes one byte is changed, and then only the same reading is asked for.
          if (byte !== null)
            body =
              body.slice(0, spot % body.length) +
              String.fromCharCode(byte) +
              body.slice((spot % body.length) + 1);
          const whole = scanCut(`${body}GET /next`, []);
          assert.deepEqual(scanCut(`${body}GET /next`, places), whole);
          if (byte !== null || whole.broken !== undefined) return;
          assert.equal(whole.content, content);
          assert.equal(whole.end, body.length);
          assert.equal(whole.trailers, lines);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("an answer's head is read by the rules of a request's", () => {
    const reader = new ResponseHeadReader();
    const read = (head: string, isHead = false) => {
      const text = `${head}\r\n\r\n`;
      return reader.read(text, 0, text.indexOf("\r\n\r\n") + 2, isHead);
    };
    const broken: readonly (readonly [string, string])[] = [
      ["HTTP/2 200 OK", "status-line"],
      ["HTTP/1.1 20 OK", "status-line"],
      ["HTTP/1.1 099 No", "status-line"],
      ["HTTP/1.1 600 No", "status-line"],
      ["HTTP/1.1  200 OK", "status-line"],
      ["HTTP/1.1 200 O\0K", "status-line"],
      ["HTTP/1.1 200 OK\nA: b", "bare-lf"],
      ["HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1", "length-twice"],
      ["HTTP/1.1 200 OK\r\nContent-Length: 1, 1", "length-invalid"],
      ["HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked", "length-and-coding"],
      ["HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked", "coding-unknown"],
      ["HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked", "coding-version"],
      ["HTTP/1.1 200 OK\r\nSet-Cookie: a\r\n b", "header-fold"],
      ["HTTP/1.1 200 OK\r\nSet-Cookie : a", "header-name-space"],
      ["HTTP/1.1 200 OK\r\nA: b\rc", "bare-cr"],
    ];
    for (const [head, rule] of broken) assert.equal(read(head), rule, head);
    const framings: readonly (readonly [string, boolean, string])[] = [
      ["HTTP/1.1 200 OK\r\nContent-Length: 5", false, "length"],
      ["HTTP/1.1 200 OK\r\nContent-Length: 5", true, "none"],
      ["HTTP/1.1 200 OK\r\nContent-Length: 0", false, "none"],
      ["HTTP/1.1 200", false, "stream"],
      ["HTTP/1.1 204 No Content\r\nContent-Length: 5", false, "none"],
      ["HTTP/1.1 304 Not Modified\r\nContent-Length: 5", false, "none"],
      ["HTTP/1.1 103 Early Hints\r\nLink: </a>", false, "none"],
      ["HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked", false, "chunks"],
      ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", true, "none"],
    ];
    for (const [head, isHead, framing] of framings) {
      assert.equal(read(head, isHead), undefined, head);
      assert.equal(reader.framing, framing, head);
    }
  });
});

function scanCut(bytes: string, places: readonly number[]) {
  const scanner = new ChunkScanner({ isRequest: true });
  let content = "";
  let end = 0;
  for (const piece of pieces(bytes, places)) {
    if (scanner.isDone || scanner.broken !== undefined) break;
    end += scanner.scan(
      piece,
      0,
      piece.length,
      (body, from, to) => (content += body.toString("latin1", from, to)),
    );
  }
  return { content, end, broken: scanner.broken, isDone: scanner.isDone, trailers: scanner.trailers };
}

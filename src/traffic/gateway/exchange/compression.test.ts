import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { rawClient, startOrigin, startWorld } from "#test/support/gateway-world.ts";
import { waitFor } from "#test/support/wait-for.ts";

const text = "All the news that fits. ".repeat(20_000);

/** The answer to one request of HTTP/1.0, whose body ends with the connection. */
async function answerTo(options: {
  readonly head: string;
  readonly body?: string;
  readonly accept: string;
}): Promise<{ readonly head: string; readonly body: Buffer }> {
  const { head, body = text, accept } = options;
  await using origin = await startOrigin((connection) => {
    if (connection.received.endsWith("\r\n\r\n"))
      connection.socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${body}`);
  });
  await using world = await startWorld({ origins: [origin.port], policy: { compression: true } });
  await using client = await rawClient(world.port);
  client.send(`GET / HTTP/1.0\r\nHost: a.test\r\nAccept-Encoding: ${accept}\r\n\r\n`);
  const all = await waitFor(() => (client.isEnded ? client.received : undefined), {
    withinMs: 10_000,
    what: "the answer",
  });
  const end = all.indexOf("\r\n\r\n");
  return { head: all.slice(0, end + 2), body: Buffer.from(all.slice(end + 4), "latin1") };
}

const html = `Content-Type: text/html; charset=utf-8\r\nETag: "x"\r\nContent-Length: ${text.length}`;

describe("compression", () => {
  test("text is compressed by what the client takes, and says so to caches", async () => {
    const brotli = await answerTo({ head: html, accept: "gzip, deflate, br" });
    assert.equal(brotliDecompressSync(brotli.body).toString(), text);
    assert.match(brotli.head, /\r\ncontent-encoding: br\r\n/);
    assert.match(brotli.head, /\r\nvary: accept-encoding\r\n/);
    assert.match(brotli.head, /\r\nETag: W\/"x"\r\n/);
    assert.doesNotMatch(brotli.head, /content-length/i);
    const gzip = await answerTo({ head: html, accept: "br;q=0, gzip;q=0.5" });
    assert.equal(gunzipSync(gzip.body).toString(), text);
  });

  test("chunks are decoded before they are compressed", async () => {
    const body = `5\r\nhello\r\n${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
    const gzip = await answerTo({
      head: "Content-Type: text/plain\r\nTransfer-Encoding: chunked",
      body,
      accept: "gzip",
    });
    assert.equal(gunzipSync(gzip.body).toString(), `hello${text}`);
  });

  test("what is no text, is compressed already, must not change, or is small stays as it is", async () => {
    const length = `Content-Length: ${text.length}`;
    for (const head of [
      `Content-Type: image/png\r\n${length}`,
      `Content-Type: text/html\r\nContent-Encoding: gzip\r\n${length}`,
      `Content-Type: text/html\r\nCache-Control: max-age=1, no-transform\r\n${length}`,
      `Content-Type: text/event-stream\r\n${length}`,
    ]) {
      const answer = await answerTo({ head, accept: "gzip" });
      assert.equal(answer.body.toString(), text);
      assert.equal(answer.head, `HTTP/1.1 200 OK\r\n${head}\r\nconnection: close\r\n`);
    }
    const small = await answerTo({
      head: "Content-Type: text/html\r\nContent-Length: 2",
      body: "ok",
      accept: "gzip",
    });
    assert.equal(small.body.toString(), "ok");
  });

  test("a client that takes no compression gets the text, and caches learn that others get something else", async () => {
    const answer = await answerTo({ head: html, accept: "gzip;q=0" });
    assert.equal(answer.body.toString(), text);
    assert.match(answer.head, /\r\nvary: accept-encoding\r\n/);
    assert.match(answer.head, /\r\nETag: "x"\r\n/);
  });
});

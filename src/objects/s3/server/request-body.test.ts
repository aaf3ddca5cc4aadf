import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { test } from "node:test";
import { waitFor } from "#test/support/wait-for.ts";
import { RequestBody } from "./request-body.ts";

const mebibyte = 1024 ** 2;

/** A server whose requests `serve` answers, and a client that has sent the head of a body of `length` bytes. */
async function exchange(
  length: number,
  serve: (body: RequestBody, request: IncomingMessage, response: ServerResponse) => Promise<void>,
) {
  const server = createServer((request, response) => {
    serve(new RequestBody(request, response, false), request, response).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : new Error("failed", { cause: error })),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on a port
  const client = connect({ port, host: "127.0.0.1" });
  client.on("error", () => undefined); // some clients of these tests are broken off
  client.write(`PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: ${length}\r\n\r\n`);
  const end = () => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  };
  return { client, [Symbol.dispose]: end };
}

async function answerOf(client: Socket): Promise<string> {
  let text = "";
  client.on("data", (piece: Buffer) => (text += piece.toString("latin1")));
  return await waitFor(() => (/\r\n\r\n\S+$/.test(text) ? text : undefined), {
    withinMs: 60_000,
    what: "an answer",
  });
}

test("a body comes as it was sent, and is counted", async () => {
  const sent = Buffer.from(Array.from({ length: 3 * mebibyte }, (_, at) => (at * 31) & 0xff));
  using world = await exchange(sent.length, async (body, _, response) => {
    const pieces: Uint8Array[] = [];
    for await (const piece of body) pieces.push(piece);
    assert.ok(Buffer.concat(pieces).equals(sent));
    response.end(String(body.bytes));
  });
  for (let at = 0; at < sent.length; at += 100_003) world.client.write(sent.subarray(at, at + 100_003));
  assert.match(await answerOf(world.client), /\d+$/);
});

test("a client whose body nobody takes is not read from, until somebody does", async () => {
  const length = 64 * mebibyte;
  let received: IncomingMessage | undefined;
  const going = Promise.withResolvers<void>();
  using world = await exchange(length, async (body, request, response) => {
    received = request;
    for await (const _ of body) await going.promise;
    response.end(String(body.bytes));
  });
  const { client } = world;
  for (let sent = 0; sent < length; sent += mebibyte) client.write(Buffer.alloc(mebibyte));
  await waitFor(() => received?.isPaused() === true || undefined, { withinMs: 60_000, what: "a pause" });
  assert.ok((received?.socket.bytesRead ?? length) < mebibyte);
  going.resolve();
  assert.match(await answerOf(client), new RegExp(`${length}$`));
});

test("a client that goes away in the middle ends its body with an error", async () => {
  const outcome = Promise.withResolvers<unknown>();
  const begun = Promise.withResolvers<void>();
  using world = await exchange(1_000, async (body) => {
    try {
      for await (const _ of body) begun.resolve();
      outcome.resolve("an end");
    } catch (error) {
      outcome.resolve(error);
    }
  });
  world.client.write(Buffer.alloc(10));
  await begun.promise;
  world.client.destroy();
  assert.equal(((await outcome.promise) as { code?: unknown }).code, "ECONNRESET");
});

test("a reader that stops early can still be answered", async () => {
  using world = await exchange(10 * mebibyte, async (body, _, response) => {
    for await (const _piece of body) break;
    response.end("enough");
  });
  for (let sent = 0; sent < 10; sent += 1) world.client.write(Buffer.alloc(mebibyte));
  assert.match(await answerOf(world.client), /enough$/);
});

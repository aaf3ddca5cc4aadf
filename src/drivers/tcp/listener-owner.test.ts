import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { describe, it } from "node:test";
import { connectTcp } from "#drivers/tcp/connect.ts";
import { isListenedOnBy } from "#drivers/tcp/listener-owner.ts";
import { waitFor } from "#test/support/wait-for.ts";

const own = process.getuid?.() ?? 0;
const other = own + 1;

async function listen(host: string): Promise<Server & { readonly port: number }> {
  const server = createServer((socket) => socket.end("hello"));
  server.listen({ host, port: 0 });
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return Object.assign(server, { port: address.port });
}

async function said(port: number, account: number): Promise<string> {
  let text = "";
  for await (const chunk of connectTcp("127.0.0.1", port, undefined, account).setEncoding("utf8"))
    text += String(chunk);
  return text;
}

describe("a port of an account", () => {
  it("is connected to when that account listens, and refuses when another one does", async () => {
    const server = await listen("127.0.0.1");
    assert.equal(await said(server.port, own), "hello");
    await assert.rejects(said(server.port, other), { code: "ECONNREFUSED", message: /another account/ });
    server.close();
    await assert.rejects(said(server.port, own), { code: "ECONNREFUSED" });
  });

  it("belongs to whoever listens on all addresses, or on the mapped one, when nobody listens on its own", async () => {
    for (const host of ["0.0.0.0", "::", "::ffff:127.0.0.1"]) {
      await using server = await listen(host);
      assert.equal(isListenedOnBy(own, "127.0.0.1", server.port), true, host);
      // On a busy machine the table of a moment ago, which does not have this port yet, is asked once more.
      const isRefused = () => !isListenedOnBy(other, "127.0.0.1", server.port) || undefined;
      await waitFor(isRefused, { withinMs: 10_000, what: `${host} is known to be another account's` });
    }
  });

  it("is nobody's concern on another address", async () => {
    const elsewhere = await listen("127.0.0.2");
    assert.equal(isListenedOnBy(other, "127.0.0.1", elsewhere.port), true);
    elsewhere.close();
  });
});

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, it } from "node:test";
import { connectTcp } from "#drivers/tcp/connect.ts";
import { canSharePorts, listenTcp } from "#drivers/tcp/listen.ts";
import { readInto } from "#drivers/tcp/read-into.ts";
import { waitFor } from "#test/support/wait-for.ts";

const host = "127.0.0.1";
const say = (text: string) => (socket: Socket) => void socket.end(text);

async function read(port: number): Promise<string> {
  const socket = connectTcp(host, port);
  let text = "";
  for await (const chunk of socket.setEncoding("utf8")) text += String(chunk);
  return text;
}

describe("TCP listeners", () => {
  it("share a port when both ask for it, and refuse one who does not", async () => {
    assert.equal(await canSharePorts(host), true);
    const one = await listenTcp({ host, port: 0, shared: true }, say("one"));
    const two = await listenTcp({ host, port: one.port, shared: true }, say("two"));
    await assert.rejects(listenTcp({ host, port: one.port, shared: false }, say("three")), {
      code: "EADDRINUSE",
    });
    one.close();
    one.close();
    assert.equal(await read(two.port), "two");
    two.close();
    await assert.rejects(read(two.port), { code: "ECONNREFUSED" });
  });

  it("hand connections that wait in their queue on to the process that inherits them", async () => {
    const listener = await listenTcp({ host, port: 0, shared: true }, () => assert.fail("we do not accept"));
    const program =
      'require("node:net").createServer((socket) => { socket.end("heir"); process.exitCode = 0; setTimeout(() => process.exit(), 50); }).listen({ fd: 3 })';
    const heir = spawn(process.execPath, ["-e", program], {
      stdio: ["ignore", "inherit", "inherit", listener.descriptor],
    });
    await once(heir, "spawn");
    listener.close();
    const ended = once(heir, "exit");
    const client = connect(listener.port, host).setEncoding("utf8");
    const [text] = (await once(client, "data")) as string[];
    assert.equal(text, "heir");
    client.destroy();
    await ended;
  });
});

describe("a TCP connection", () => {
  it("reads into the buffer that it was given", async () => {
    const listener = await listenTcp({ host, port: 0, shared: false }, say("hello"));
    const buffer = Buffer.alloc(16);
    const count = await new Promise<number>((resolve) => {
      const onread = { buffer, callback: (bytes: number) => (resolve(bytes), true) };
      const socket = connectTcp(host, listener.port, onread);
      socket.on("end", () => socket.destroy());
    });
    assert.equal(buffer.toString("utf8", 0, count), "hello");
    listener.close();
  });
});

describe("an accepted TCP connection", () => {
  it("reads into the buffer that it was given, stops while it is paused, and tells its end", async () => {
    const buffer = Buffer.alloc(16);
    const accepted = Promise.withResolvers<Socket>();
    let text = "";
    const listener = await listenTcp({ host, port: 0, shared: false }, (socket) => {
      const callback = (count: number) => ((text += buffer.toString("latin1", 0, count)), true);
      assert.equal(readInto(socket, { buffer, callback }), true, "this version of node allows it");
      accepted.resolve(socket);
    });
    const client = connect(listener.port, host);
    const socket = await accepted.promise;
    client.write("0123456789 and more than the buffer holds");
    await waitFor(() => text.endsWith("holds") || undefined, { withinMs: 5_000, what: "all bytes" });
    socket.pause();
    client.end("later");
    const answered = once(client, "data"); // a turn of both ends
    socket.write("x");
    await answered;
    assert.match(text, /holds$/);
    const ended = once(socket, "end");
    socket.resume();
    await ended;
    assert.equal(text, "0123456789 and more than the buffer holdslater");
    socket.destroy();
    listener.close();
  });

  it("keeps its events when somebody listens to them already", async () => {
    const heard = Promise.withResolvers<string>();
    const listener = await listenTcp({ host, port: 0, shared: false }, (socket) => {
      socket.on("data", (chunk: Buffer) => {
        heard.resolve(chunk.toString());
        socket.destroy();
      });
      const callback = () => assert.fail("these bytes belong to the listener");
      assert.equal(readInto(socket, { buffer: Buffer.alloc(16), callback }), false);
    });
    const client = connect(listener.port, host).on("error", () => undefined);
    client.write("hello");
    assert.equal(await heard.promise, "hello");
    client.destroy();
    listener.close();
  });
});

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, it } from "node:test";
import { connectTcp } from "#drivers/tcp/connect.ts";
import { canSharePorts, listenTcp } from "#drivers/tcp/listen.ts";

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

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { serveSocket, socketLimits, type Handler } from "#main/supervisor/socket-server.ts";

const folder = mkdtempSync(join(tmpdir(), "vs-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const socketPath = join(folder, "s");

describe("the supervisor's socket", () => {
  it("speaks HTTP that Node's own client understands, for its owner only", async () => {
    const handler: Handler = async (method, path) => {
      if (path === "/fault") throw new Error("a fault");
      return { status: 200, body: { method, path, text: "grün" } };
    };
    const server = await serveSocket(socketPath, handler);
    try {
      assert.equal(statSync(socketPath).mode & 0o777, 0o600);
      assert.deepEqual(await ask("POST", "/v1/x"), {
        status: 200,
        body: { method: "POST", path: "/v1/x", text: "grün" },
      });
      assert.deepEqual(await ask("GET", "/fault"), { status: 500, body: { detail: "a fault" } });
    } finally {
      server.close();
    }
  });

  it("ends a connection whose head is too large, and replaces a dead predecessor's socket", async () => {
    const server = await serveSocket(socketPath, async () => ({ status: 200, body: {} }));
    const second = await serveSocket(socketPath, async () => ({ status: 200, body: {} }));
    try {
      const socket = connect(socketPath);
      socket.on("error", () => undefined); // a reset is as good as an end
      socket.write("GET / HTTP/1.1\r\n".padEnd(socketLimits.maxHeadBytes + 10, "x"));
      await once(socket, "close");
    } finally {
      server.close();
      second.close();
    }
  });
});

async function ask(method: string, path: string): Promise<{ status: number | undefined; body: unknown }> {
  return await new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => (text += String(chunk)));
      response.on("end", () => resolve({ status: response.statusCode, body: JSON.parse(text) }));
    });
    sent.on("error", reject).end();
  });
}

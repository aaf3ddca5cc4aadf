/**
 * What the storms are driven at. It hides no mistake of the data center: it says which instance of which release answered, it counts
 * what it has at a time by itself, and whoever asks it after it was told to stop hears so.
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocketServer } from "ws";

const { env } = process;
const instance = env["VDC_INSTANCE"] ?? "?";
const release = env["VDC_RELEASE"] ?? "?";
/** How long it goes on listening after it was told to stop: a request that comes now came to a stopped instance. */
const lingerMs = 700;

if (env["CRASH_AT_START"] === "yes") {
  console.error("this release cannot start");
  process.exit(3);
}
await sleep(Number(env["BOOT_MS"] ?? 0));

let now = 0;
let most = 0;
let isStopped = false;

const server = createServer((request, response) => {
  const url = new URL(request.url ?? "/", "http://app");
  response.setHeader("x-instance", instance);
  response.setHeader("x-release", release);
  if (isStopped) response.setHeader("x-stopped", "yes");
  if (url.pathname === "/healthz") return void response.end("well");
  if (url.pathname === "/stats") return void response.end(JSON.stringify({ instance, release, now, most }));
  now += 1;
  most = Math.max(most, now);
  response.once("close", () => (now -= 1));
  answer(url, request, response).catch((error: unknown) => response.destroy(error as Error)); // nothing else is thrown
});
// As long as a gateway may keep a connection, and more: who closes first is the gateway's to say.
server.keepAliveTimeout = 30_000;

async function answer(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const ms = Number(url.searchParams.get("ms") ?? 0);
  switch (url.pathname) {
    case "/echo": {
      const hash = createHash("sha256");
      for await (const piece of request) hash.update(piece as Buffer); // no encoding is set
      await sleep(ms);
      response.end(hash.digest("hex"));
      return;
    }
    case "/slow":
      await sleep(ms);
      response.end("slow");
      return;
    case "/stream":
      for (let n = 0; n < 10 && !response.destroyed; n += 1) {
        response.write(`piece ${n} of ${instance}\n`.repeat(100));
        await sleep(ms / 10);
      }
      response.end("end\n");
      return;
    case "/events":
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      for (let n = 0; !response.destroyed; n += 1) {
        response.write(`id: ${n}\ndata: ${instance}\n\n`);
        await sleep(100);
      }
      return;
    case "/crash":
      process.exit(9);
    default:
      response.end(`${env["GREETING"] ?? "hello"} ${release}`);
  }
}

const sockets = new WebSocketServer({ server, path: "/ws" });
sockets.on("connection", (socket) => {
  socket.send(`${instance} ${release}`);
  socket.on("message", (message: Buffer) => socket.send(message.toString()));
});

process.on("SIGTERM", () => {
  console.log(`told to stop with ${now} requests and ${sockets.clients.size} sockets`);
  isStopped = true;
  for (const socket of sockets.clients) socket.close(1001);
  setTimeout(() => process.exit(0), lingerMs);
});

server.listen(Number(env["PORT"]), env["HOST"], () => console.log(`${instance} listens`));

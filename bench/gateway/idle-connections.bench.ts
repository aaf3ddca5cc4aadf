import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "selfsigned";
import { processTree, proportionalBytes, residentBytes } from "#bench/support/processes.ts";
import { median } from "#bench/support/statistics.ts";
import { freePort } from "#test/support/free-port.ts";
import { startVdcGateway } from "./peers/vdc.ts";

/**
 * Memory of one gateway process that holds 10,000 idle keep-alive connections, each of which has made a request; then the
 * times of requests on one more connection while 5,000 others send their heads a byte at a time.
 */
const idleConnections = 10_000;
const slowConnections = 5_000;
const mebibyte = 1024 ** 2;

const root = mkdtempSync(join(tmpdir(), "bench-idle-"));
await using running = new AsyncDisposableStack();
running.defer(() => rmSync(root, { recursive: true, force: true }));
const originPort = await startOrigin();
const gateway = running.use(
  await startVdcGateway({
    originPort,
    directory: root,
    tls: await certificate(),
    httpPort: await freePort(),
    tlsPort: await freePort(),
  }),
);

const before = memory();
const quiet = await times(2_000);
const idle = await open(idleConnections, async (socket) => {
  socket.write("GET /small HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  await once(socket, "data");
});
const held = memory();
console.log(`| state | RSS MiB | PSS MiB |\n|---|---|---|`);
console.log(`| no connection | ${before} |`);
console.log(`| ${idleConnections} idle keep-alive connections | ${held} |`);
for (const socket of idle) socket.destroy();

const slow = await open(slowConnections, async (socket) => {
  socket.write("G");
});
const drip = setInterval(() => {
  for (const socket of slow) if (!socket.destroyed) socket.write("E");
}, 1_000);
const disturbed = await times(2_000);
clearInterval(drip);
console.log(`\n| requests one after the other | p50 ms | p99 ms |\n|---|---|---|`);
console.log(`| nobody else | ${quiet} |\n| ${slowConnections} slow clients | ${disturbed} |`);
const cut = slow.filter((socket) => socket.destroyed).length;
console.log(`\n${cut} of the slow clients were closed meanwhile.`);
for (const socket of slow) socket.destroy();

async function open(count: number, use: (socket: Socket) => Promise<void>): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  // In lots, so that the accept queue is not the thing that is measured.
  while (sockets.length < count) {
    const lot = await Promise.all(
      Array.from({ length: Math.min(200, count - sockets.length) }, async () => {
        const socket = connect(gateway.httpPort, "127.0.0.1");
        socket.on("error", () => undefined); // counted by `destroyed`
        await once(socket, "connect");
        await use(socket);
        return socket;
      }),
    );
    sockets.push(...lot);
  }
  return sockets;
}

/** `p50 | p99` of requests on one kept connection. */
async function times(count: number): Promise<string> {
  const socket = connect(gateway.httpPort, "127.0.0.1");
  await once(socket, "connect");
  const all: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const begun = performance.now();
    socket.write("GET /small HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    await once(socket, "data");
    all.push(performance.now() - begun);
  }
  socket.destroy();
  const sorted = all.toSorted((a, b) => a - b);
  return `${median(all).toFixed(2)} | ${(sorted[Math.floor(count * 0.99)] ?? Number.NaN).toFixed(2)}`;
}

function memory(): string {
  const pids = processTree(gateway.pid);
  return `${(residentBytes(pids) / mebibyte).toFixed(0)} | ${(proportionalBytes(pids) / mebibyte).toFixed(0)}`;
}

async function startOrigin(): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  running.defer(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  return address.port;
}

async function certificate() {
  const pem = await generate([{ name: "commonName", value: "localhost" }], { keyType: "ec", curve: "P-256" });
  const files = { cert: join(root, "tls.crt"), key: join(root, "tls.key"), both: join(root, "tls.pem") };
  writeFileSync(files.cert, pem.cert);
  writeFileSync(files.key, pem.private, { mode: 0o600 });
  writeFileSync(files.both, `${pem.cert}\n${pem.private}`, { mode: 0o600 });
  return files;
}

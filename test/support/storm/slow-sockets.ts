import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { parentPort, workerData } from "node:worker_threads";

/**
 * A thread full of clients that send a head a byte a second and never come to its end. It says how many were opened, and how each was
 * ended by the other side: its own loop, so that the clients that are measured do not share one with it.
 */
const { port, host, count } = workerData as { port: number; host: string; count: number }; // the test's own words
const parent = parentPort;
assert.ok(parent !== null, "it is a thread");

const open = new Set<Socket>();
const seen = { opened: 0, timedOut: 0, otherwise: 0 };
const openEveryMs = 10;
const openAtOnce = 25;

function openOne(): void {
  const socket = connect({ host: "127.0.0.1", port });
  let said = "";
  socket.on("connect", () => {
    seen.opened += 1;
    open.add(socket);
    socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nX-Slow: `);
  });
  socket.on("data", (chunk) => (said += chunk.toString("latin1")));
  socket.on("error", () => undefined); // "close" follows
  socket.on("close", () => {
    open.delete(socket);
    if (said.startsWith("HTTP/1.1 408 ")) seen.timedOut += 1;
    else seen.otherwise += 1;
  });
}

let begun = 0;
const opening = setInterval(() => {
  for (let n = 0; n < openAtOnce && begun < count; n += 1, begun += 1) openOne();
  if (begun === count) clearInterval(opening);
}, openEveryMs);
const dripping = setInterval(() => {
  for (const socket of open) socket.write("a");
}, 1_000);
const telling = setInterval(() => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
  parent.postMessage(seen);
  if (seen.timedOut + seen.otherwise < count) return;
  clearInterval(telling);
  clearInterval(dripping);
}, 200);

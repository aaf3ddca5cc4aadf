// A worker of scheduler.bench.ts in a process of its own: speaks the protocol over a WebSocket and gives 64 bytes for each task at once. Tells its parent how long each next
// lease was on its way since the results before it.
import { WebSocket } from "ws";
import {
  protocolLimits,
  type Lease,
  type SchedulerMessage,
  type WorkerMessage,
} from "#api/burst-protocol.ts";
import { madeBy } from "#test/support/burst-worker.ts";
import { hashOf } from "./merge-graph.ts";

const [url = "", name = ""] = process.argv.slice(2);
/** Latencies that are told at once. */
const toldAtOnce = 1_000;
const socket = new WebSocket(url, { perMessageDeflate: false });
let answered: number | undefined;
let latencies: number[] = [];

socket.on("open", () => {
  const facts = { name, kind: "agent", slots: 16, memoryBytes: 2 ** 30, speed: 1, levels: ["wasm", "js"] };
  say({ type: "hello", version: 1, ...facts, holds: [] } as WorkerMessage); // its literals are those of the schema
  say({ type: "want", leases: protocolLimits.maxBatch });
});
socket.on("message", (data) => {
  const message = JSON.parse((data as Buffer).toString()) as SchedulerMessage; // the scheduler's own words
  if (message.type === "welcome") process.send?.({ type: "welcome" });
  if (message.type !== "leases") return;
  if (answered !== undefined) latencies.push(performance.now() - answered);
  say({ type: "results", results: message.leases.map(resultOf) });
  answered = performance.now();
  say({ type: "want", leases: protocolLimits.maxBatch });
  if (latencies.length >= toldAtOnce) tell();
});
socket.on("close", () => process.exit(1));
process.on("message", tell);

function resultOf(lease: Lease) {
  const bytes = madeBy(lease);
  const output = { blob: hashOf(bytes), bytes: bytes.length, inline: bytes.toString("base64") };
  return { lease: lease.lease, outcome: "done" as const, outputs: [output], elapsedMs: 0.1 };
}

function tell(): void {
  process.send?.({ type: "latencies", latencies });
  latencies = [];
}

function say(message: WorkerMessage): void {
  socket.send(JSON.stringify(message));
}

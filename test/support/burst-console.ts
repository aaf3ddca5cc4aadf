import { createHash } from "node:crypto";
import { once } from "node:events";
import { gzipSync } from "node:zlib";
import { WebSocket } from "ws";
import type { Lease, WorkerMessage } from "#api/burst-protocol.ts";
import type { Job } from "#api/burst.ts";
import type { Client } from "#api/client.ts";
import { projectKind } from "#api/kinds/project.ts";
import type { InputRef, JobGraph, TaskSpec } from "#burst/graph.ts";
import { buildManifest } from "#burst/packages/build-manifest.ts";
import { newSigningKey, publicKeyText, signManifest } from "#burst/packages/signature.ts";
import { TestBurstWorker } from "#test/support/burst-worker.ts";
import type { TestDataCenter } from "#test/support/data-center.ts";
import { waitFor } from "#test/support/wait-for.ts";

const sha256 = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");
const heartbeatMs = 500;
const readyMs = 20_000;

/** Admits a package whose functions `work` and `join` any worker of the tests can call; answers its hash. */
export async function admitTestPackage(client: Client, project: string): Promise<string> {
  const key = await newSigningKey();
  const keys = [{ name: "tests", publicKey: publicKeyText(key.publicKey) }];
  await client.patch(projectKind, { name: project }, { spec: { packages: { keys } } });
  const file = new TextEncoder().encode("export const work = () => {};");
  const memoryBytes = 64 * 1024 ** 2;
  const called = { file: "a.js", memoryBytes, deterministic: true, memo: false };
  const manifest = await buildManifest(
    {
      name: "org.example.darkroom",
      version: "1.0.0",
      level: "js",
      functions: { work: called, join: called },
    },
    new Map([["a.js", file]]),
    (bytes) => sha256(bytes),
  );
  const params = { project };
  await client.call(client.routes["burst.put-file"], { params, file: new Blob([file]) });
  const body = await signManifest(manifest, key);
  return (await client.call(client.routes["burst.admit"], { params, body })).package;
}

/** An alignment of three, a picture of tiles, and one task that reads all of them. */
export function pictureGraph(packageHash: string, columns: number, rows: number, salt = 0): JobGraph {
  const tile = 1024;
  const base = { outputs: 1, memoryBytes: 64 * 1024 ** 2, outputBytes: 64 };
  const tasks: TaskSpec[] = [];
  const add = (task: Omit<TaskSpec, keyof typeof base>) => tasks.push({ ...base, ...task }) - 1;
  const from = (task: number): InputRef => ({ task, output: 0 });
  const frames = [0, 1, 2].map((frame) =>
    add({ fn: "work", args: [salt, frame], inputs: [], cost: 4_000, stage: "align" }),
  );
  const tiles: number[] = [];
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1)
      tiles.push(
        add({
          fn: "work",
          args: [salt, row, column],
          inputs: frames.map(from),
          cost: 30_000,
          stage: "fuse",
          place: { x: column * tile, y: row * tile, width: tile, height: tile },
        }),
      );
  const last = add({ fn: "join", args: [], inputs: tiles.map(from), cost: 2_000, stage: "join" });
  return { package: packageHash, tasks, results: [{ name: "merged.tiff", from: from(last) }] };
}

export async function putGraph(client: Client, project: string, graph: JobGraph): Promise<string> {
  const file = new Blob([Uint8Array.from(gzipSync(JSON.stringify(graph)))]);
  return (await client.call(client.routes["burst.put-graph"], { params: { project }, file })).graph;
}

/** Sends a graph, gets an offer and accepts it, with this bound or the offered one; answers the job. */
export async function orderBurst(
  client: Client,
  { project, title, graph, bound }: { project: string; title: string; graph: string; bound?: string },
): Promise<Job> {
  const params = { project };
  const offer = await client.call(client.routes["offer.create"], { params, body: { title, graph } });
  const accepted = await client.call(client.routes["offer.accept"], {
    params: { project, offer: offer.id },
    body: { quoteHash: offer.quoteHash, ...(bound === undefined ? {} : { bound }) },
  });
  return await client.call(client.routes["job.get"], { params: { project, job: accepted.job ?? "" } });
}

export interface HandWorker extends Disposable {
  /** Leases that it holds. */
  readonly held: () => readonly Lease[];
  /** Gives results of so many leases that it holds. */
  answer(count: number): void;
  /** Says of one lease that its task trapped. */
  fail(lease: Lease, message: string): void;
  /** Answers so many every so often from now on. */
  work(count: number, everyMs: number): void;
}

/** A worker over a real WebSocket that keeps what it gets until the test's hand moves. */
export async function connectHandWorker(
  center: TestDataCenter,
  token: string,
  hello: Partial<Extract<WorkerMessage, { type: "hello" }>> & { readonly name: string },
): Promise<HandWorker> {
  const socket = new WebSocket(`${center.url.replace("http", "ws")}/v1/burst/connect`, {
    headers: { authorization: `Bearer ${token}` },
  });
  await once(socket, "open");
  const slots = hello.slots ?? 4;
  const worker = new TestBurstWorker(
    (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    { ...hello, slots },
  );
  worker.works = false;
  // Never more leases than slots: what a real worker would hold back is held back here too.
  const want = () => worker.say({ type: "want", leases: Math.max(0, slots - worker.kept.length) });
  socket.on("message", (data: Buffer) => {
    const text = data.toString();
    const revoked = JSON.parse(text) as { type: string; leases?: string[] }; // only these two are read
    if (revoked.type === "revoke")
      for (const lease of revoked.leases ?? []) drop(worker.kept, (one) => one.lease === lease);
    worker.hear(text);
  });
  socket.on("error", () => undefined); // a center that stops first
  worker.begin();
  want();
  let progress = 0;
  const beat = setInterval(() => {
    progress += 1;
    const running = worker.kept.map(({ lease }) => ({ lease, progress }));
    worker.say({ type: "heartbeat", running, pressure: "nominal" });
    want();
  }, heartbeatMs);
  let working: NodeJS.Timeout | undefined;
  const answer = (count: number) => {
    const leases = worker.kept.splice(0, count);
    if (leases.length > 0) worker.answer(leases);
    want();
  };
  await waitFor(() => worker.hears("welcome"), { withinMs: readyMs, what: `${hello.name} is welcome` });
  return {
    held: () => worker.kept,
    answer,
    fail: ({ lease }, message) => {
      drop(worker.kept, (one) => one.lease === lease);
      worker.say({ type: "results", results: [{ lease, outcome: "failed", kind: "trap", message }] });
      want();
    },
    work: (count, everyMs) => {
      clearInterval(working);
      working = setInterval(() => answer(count), everyMs);
    },
    [Symbol.dispose]: () => {
      clearInterval(beat);
      clearInterval(working);
      socket.close();
    },
  };
}

function drop<T>(from: T[], isIt: (one: T) => boolean): void {
  const at = from.findIndex(isIt);
  if (at >= 0) from.splice(at, 1);
}

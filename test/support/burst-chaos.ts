import { fork, type ChildProcess } from "node:child_process";
import { createHash, hash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Job } from "#api/burst.ts";
import { openWorkerDoor } from "#bench/burst/worker-door.ts";
import type { JobGraph } from "#burst/graph.ts";
import { buildManifest } from "#burst/packages/build-manifest.ts";
import { newSigningKey, publicKeyText, signManifest } from "#burst/packages/signature.ts";
import type { BlobStore } from "#burst/scheduler/blob-store.ts";
import { bracketOf } from "#darkroom/graph/fusion-world.ts";
import { hdrRenderGraph } from "#darkroom/graph/hdr.ts";
import type { JpegSource } from "#darkroom/graph/decoded-frame.ts";
import { encodeTile } from "#darkroom/graph/tile-format.ts";
import { cutTiles } from "#darkroom/graph/tile-grid.ts";
import { identity } from "#darkroom/graph/transform.ts";
import { callKernel } from "#burst/kernel/call-kernel.ts";
import { openSchedulerWorld, testBy, type SchedulerWorld } from "./burst-scheduler.ts";
import type { PageScripts } from "./chaos-page.ts";
import { type DarkroomKernels, fusionMethod } from "./kernel-recording.ts";
import { type Blobs, putBlob, runGraph } from "./run-graph.ts";
import { waitFor } from "./wait-for.ts";

/** `late` tells its first results only when their tasks were given to somebody else, who was faster. */
export type Manners = "honest" | "slow" | "lies" | "repeats" | "late";
type Trust = "pool" | "volunteer";

export interface ChaosWorker {
  readonly process: ChildProcess;
  /** Tasks that it told results of. */
  finished: number;
  /** Of them, those that it told too late. */
  late: number;
}

/** A scheduler on real rows, blobs over HTTP, and workers in processes of their own, or in a page, that dial in. */
export interface ChaosWorld extends AsyncDisposable {
  readonly scheduler: SchedulerWorld;
  readonly url: string;
  readonly package: string;
  readonly graph: JobGraph;
  /** The picture's hash, as this process alone makes it. */
  readonly expected: string;
  join(name: string, manners?: Manners, trust?: Trust): Promise<ChaosWorker>;
  /** Kills all workers that have joined. */
  dismiss(): void;
  /** Accepts an offer for the merge; ends with the job and what was accepted. */
  order(): Promise<{ readonly id: string; readonly price: string }>;
  ended(id: string): Promise<Job>;
}

const minutes = 60_000;
/** The chaos is among workers: a loaded machine must not take the scheduler's lease away. */
const leaseMs = 2 * minutes;

/** A dozen workers share few cores with whatever else runs there: they may take so many times what a reference core does. */
const slowness = 100;

/** `scripts` are those of a page at the world's address. */
export async function openChaosWorld(
  kernels: DarkroomKernels,
  scripts: PageScripts = new Map(),
): Promise<ChaosWorld> {
  await using opening = new AsyncDisposableStack();
  const blobs: Blobs = new Map();
  const http = createServer((request, response) => void serve(request, response));
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    if (!servePage(scripts, request, response)) await serveBlob(blobs, request, response);
  };
  const scheduler = opening.use(
    await openSchedulerWorld(
      blobsAt(blobs, () => url),
      leaseMs,
    ),
  );
  const door = await openWorkerDoor(async (peer, request) => {
    const [who = "", said = ""] = tokenOf(request).split("/");
    const trust = said === "volunteer" ? said : said === "pool" ? said : "own";
    await scheduler.scheduler.connect(peer, { who, trust: () => trust });
  }, http);
  opening.defer(() => door.close());
  const url = door.url.replace(/^ws/, "http").replace(/\/$/, "");
  await scheduler.money.money.setBudget("shop", { amount: (10n ** 15n).toString(), alertsAt: [] }, testBy);
  const packageHash = await admit(scheduler, kernels);
  const graph = mergeGraph(packageHash, blobs, kernels);
  const { results } = runGraph(graph, kernels.moduleOf, blobs);
  const made = [...results].map(([name, bytes]) => ({ name, blob: hash("sha256", bytes) }));
  const children = new Set<ChildProcess>();
  const dismiss = () => {
    for (const child of children) child.kill("SIGKILL");
    children.clear();
  };
  opening.defer(dismiss);
  const held = opening.move();
  return {
    scheduler,
    url,
    package: packageHash,
    graph,
    expected: pictureHash(made),
    join: async (name, manners = "honest", trust = "pool") => {
      const words = [url, `${name}/${trust}`, name, "1", manners];
      const child = fork(new URL("chaos-worker.ts", import.meta.url), words);
      children.add(child);
      return await countedWorker(child);
    },
    dismiss,
    order: async () => {
      const name = await scheduler.send(graph);
      scheduler.money.world.graph = graph;
      const offer = await scheduler.money.money.offer("shop", { title: "merge", graph: name }, testBy);
      const words = { offer: offer.id, quoteHash: offer.quoteHash, volunteers: true };
      const { id } = await scheduler.submit(graph, words);
      return { id, price: offer.burst.price };
    },
    ended: async (id) =>
      await waitFor(
        async () => {
          const job = await scheduler.scheduler.get("shop", id);
          return job.finishedAt === undefined ? undefined : job;
        },
        { withinMs: 5 * minutes, what: `job ${id} ends` },
      ),
    [Symbol.asyncDispose]: async () => await held.disposeAsync(),
  };
}

/** The worker of a process, once it is connected. */
async function countedWorker(child: ChildProcess): Promise<ChaosWorker> {
  const worker: ChaosWorker = { process: child, finished: 0, late: 0 };
  child.on("message", (type) => {
    if (type === "finished" || type === "late") worker[type] += 1;
  });
  await once(child, "message");
  return worker;
}

/** SHA-256 over the names and hashes of a picture's tiles. */
export function pictureHash(results: readonly { readonly name: string; readonly blob: string }[]): string {
  const lines = results.map(({ name, blob }) => `${name} ${blob}\n`);
  return createHash("sha256").update(lines.toSorted().join("")).digest("hex");
}

/** A page brings none: Darkroom's server puts in who it is, here a member of the project. */
function tokenOf({ headers, url }: IncomingMessage): string {
  if (url === "/api/center/burst/connect") return "member/own";
  return (headers.authorization ?? "").replace(/^Bearer /, "");
}

function blobsAt(blobs: Blobs, url: () => string): BlobStore {
  return {
    has: async (_, names) => await Promise.resolve(new Set(names.filter((name) => blobs.has(name)))),
    readUrls: async (_, names) => await Promise.resolve(names.map((name) => `${url()}/blobs/${name}`)),
    writeUrls: async (_, wanted) =>
      await Promise.resolve(wanted.map(({ blob }) => ({ url: `${url()}/blobs/${blob}`, headers: {} }))),
    put: async (_, name, bytes) => {
      blobs.set(name, bytes);
      await Promise.resolve();
    },
  };
}

/** An empty page, and its scripts. False for any other address. */
function servePage(scripts: PageScripts, { url = "" }: IncomingMessage, response: ServerResponse): boolean {
  const script = scripts.get(url);
  if (url !== "/" && script === undefined) return false;
  response.setHeader("content-type", url === "/" ? "text/html" : "text/javascript");
  response.end(script ?? '<!doctype html><link rel="icon" href="data:,">');
  return true;
}

/** As the object store: under a name it takes nothing but the bytes whose hash that is. */
async function serveBlob(blobs: Blobs, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const name = (request.url ?? "").replace("/blobs/", "");
  if (request.method === "PUT") {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer); // no encoding is set
    const bytes = Uint8Array.from(Buffer.concat(parts));
    const isRight = hash("sha256", bytes) === name;
    if (isRight) blobs.set(name, bytes);
    response.writeHead(isRight ? 200 : 400).end();
    return;
  }
  const bytes = blobs.get(name);
  response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
}

/** Darkroom's kernels as a package that remembers nothing, so that each job computes all of it. */
async function admit({ scheduler }: SchedulerWorld, kernels: DarkroomKernels): Promise<string> {
  const files = new Map<string, Uint8Array>();
  for (const name of ["jpeg", "radiance", "fusion"] as const)
    files.set(`${name}.wasm`, kernels.binaries.get(name) ?? new Uint8Array());
  const functions: Parameters<typeof buildManifest>[0]["functions"] = {};
  for (const fn of kernels.functions) {
    const file = `${kernels.kernelOf(fn)}.wasm`;
    if (files.has(file))
      functions[fn] = { file, memoryBytes: 4_096 * 65_536, deterministic: true, memo: false };
  }
  const source = { name: "org.example.darkroom", version: "1.0.0", level: "wasm", functions } as const;
  const key = await newSigningKey();
  const text = await buildManifest(source, files, (bytes) => hash("sha256", bytes));
  const projectId = await scheduler.projectId("shop");
  for (const bytes of files.values()) await scheduler.packages.putFile(projectId, Buffer.from(bytes), testBy);
  const signed = await signManifest(text, key);
  const trusted = [publicKeyText(key.publicKey)];
  return await scheduler.packages.admit(
    { project: "shop", projectId, signed, trusted, mayGoBack: false },
    testBy,
  );
}

/** A merge of three JPEG files that lie askew and have ghosts: some hundred and fifty tasks. */
function mergeGraph(packageHash: string, blobs: Blobs, kernels: DarkroomKernels): JobGraph {
  const size = { width: 1_000, height: 760 };
  const photos = bracketOf(3, size.width, size.height, 11).map((picture): JpegSource => {
    const args = [size.width, size.height, 90, 0, 0, size.height, size.height, 64];
    const tiles = cutTiles(picture, 64).map(encodeTile);
    const file = Buffer.concat(callKernel(kernels.moduleOf("encodeJpeg"), "encodeJpeg", args, tiles));
    return { kind: "jpeg", ...size, file: putBlob(blobs, file), orientation: 1, isProgressive: false };
  });
  const askew = { ...identity, b: -0.003, c: 0.003, e: 4.2, f: -2.6 };
  const { graph } = hdrRenderGraph({
    packageHash,
    photos,
    exposures: [0.25, 1, 4],
    reference: 1,
    method: fusionMethod,
    transforms: [askew, identity, { ...askew, e: -3.1 }],
    response: "srgb",
    ghosts: "medium",
    level: 0,
    output: "u16",
    tile: 256,
  });
  return { ...graph, tasks: graph.tasks.map((task) => ({ ...task, cost: task.cost * slowness })) };
}

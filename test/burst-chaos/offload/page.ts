// Darkroom's page without a window, at the client's end of a line: its own measuring, choosing, sending, local run, working along and fetching. Its words: `PageWords` as JSON.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Agent, buildConnector, fetch as overLine, WebSocket } from "undici";
import type { Choice, WayName } from "#burst/choice/choose-way.ts";
import { BrowserWorker } from "#burst/worker/browser/browser-worker.ts";
import { performKernelCall, type KernelCall } from "#burst/worker/kernel-call.ts";
import { background } from "#lib/background.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import { center, isOver, watchJob } from "#darkroom/page/src/burst/center.ts";
import {
  bringInputs,
  fetchResults,
  putGraph,
  requireKernels,
  whereabouts,
} from "#darkroom/page/src/burst/order.ts";
import { weighWays } from "#darkroom/page/src/burst/weigh-ways.ts";
import { linkMeasure } from "#darkroom/page/src/data/link-measure.ts";
import { type Engine, openEngine } from "#darkroom/page/src/engine/engine.ts";
import { runLocally } from "#darkroom/page/src/engine/local-run.ts";
import { expectedResults, makeJob } from "./job.ts";
import { paceMs, waitUntil } from "./pace.ts";
import type { PageAnswer, PageQuestion, PageWords } from "./page-messages.ts";

const words = JSON.parse(process.argv[2] ?? "") as PageWords; // of offload-choice.test.ts

/** Connections go over the line; what is said on them names the data center as it names itself. */
const direct = buildConnector({});
const dispatcher = new Agent({
  // Shorter than servers keep idle connections: a browser asks again when one is closed as it asks, and this client does not.
  keepAliveTimeout: 1_000,
  keepAliveMaxTimeout: 1_000,
  connect: (options, callback) => {
    const through = words.through[`http://${options.host ?? ""}`];
    if (through === undefined) return callback(new Error(`no line leads to ${String(options.host)}`), null);
    const { hostname, port } = new URL(through);
    direct({ ...options, hostname, port }, callback);
  },
});

/** The page's server answers these (examples/darkroom/server): the API as the user, and the kernels. What else is fetched are signed addresses. */
globalThis.fetch = async (input, init) => {
  const address = input instanceof Request ? input.url : String(input);
  if (address.startsWith("/kernels/"))
    return new Response(await readFile(join(words.kernels, address.slice("/kernels/".length))));
  const headers = new Headers(init?.headers);
  if (address.startsWith("/api/center/")) headers.set("authorization", `Bearer ${words.token}`);
  // The package's types and the browser's are two descriptions of one standard.
  const options = { ...init, headers: [...headers], dispatcher } as Parameters<typeof overLine>[1];
  return (await overLine(addressOf(address), options)) as unknown as Response;
};

/** As the page's server translates it. */
function addressOf(path: string): string {
  const inApi = path.replace("/api/center/project/", "/v1/projects/default/").replace("/api/center/", "/v1/");
  return new URL(inApi, words.origin).href;
}

/** A Web Worker on a core of the reference's speed. */
class PacedThread extends EventTarget {
  #isOver = false;

  postMessage(call: KernelCall): void {
    const end = performance.now() + paceMs(call.fn, call.args);
    const { outcome } =
      call.fn === "calibrate" ? { outcome: { kind: "done", outputs: [] } } : performKernelCall(call);
    const tell = () => this.#isOver || this.dispatchEvent(new MessageEvent("message", { data: outcome }));
    background(waitUntil(end).then(tell), "paced", silentLog);
  }

  terminate(): void {
    this.#isOver = true;
  }
}
Object.assign(globalThis, { Worker: PacedThread });
// One core is the page's own.
Object.defineProperty(globalThis.navigator, "hardwareConcurrency", { value: words.cores + 1 });

/** As MergeRun asks: the graph goes to the data center, which offers, and says who works and where the bytes lie. */
async function ask(engine: Engine, seed: string, isHere: boolean) {
  const { graph, sources } = makeJob(engine.kernels.packageHash, seed);
  if (isHere) for (const { blob, bytes } of sources) engine.blobs.put(blob, bytes);
  await requireKernels(engine.kernels, "default");
  const hash = await putGraph(graph);
  const [offer, cluster, where] = await Promise.all([
    center.offer(hash, seed, "darkroom"),
    center.cluster(),
    whereabouts(graph, new Set()),
  ]);
  const remote = { offer, cluster, where };
  return { graph, sources, remote, choice: await weighWays(engine, graph, remote, false) };
}

type Asked = Awaited<ReturnType<typeof ask>>;
const { signal } = new AbortController();

/** As MergeRun goes one of the ways; ends when all results are in the page's memory. */
async function go(
  engine: Engine,
  { graph, remote }: Asked,
  way: WayName,
): Promise<ReadonlyMap<string, string>> {
  const { blobs } = engine;
  if (way === "local") {
    const fetchBlob = async (hash: string) => {
      await fetchResults([hash], blobs, signal, () => undefined);
      return blobs.get(hash) ?? new Uint8Array();
    };
    return await runLocally(graph, { ...engine, signal, fetchBlob });
  }
  await bringInputs(remote.where, blobs, signal, () => undefined);
  const { id } = await center.runWithinPlan(remote.offer.graph, "e2e", "darkroom");
  const leaving = new AbortController();
  const working = way === "hybrid" ? workAlong(id, leaving.signal) : undefined;
  for await (const { job } of watchJob(id, signal)) if (isOver(job)) break;
  leaving.abort();
  await working;
  const { results, state, reason } = await center.job(id);
  if (state !== "succeeded") throw new Error(`the job ${state}: ${reason ?? ""}`);
  await fetchResults(
    results.map(({ blob }) => blob),
    blobs,
    signal,
    () => undefined,
  );
  return new Map(results.map(({ name, blob }) => [name, blob]));
}

/** As join-worker.ts does. */
async function workAlong(job: string, stop: AbortSignal): Promise<void> {
  const address = addressOf("/api/center/burst/connect").replace(/^http/, "ws");
  const headers = { authorization: `Bearer ${words.token}` };
  const worker = await BrowserWorker.make(
    {
      name: "This computer",
      slots: words.cores,
      memoryBytes: 768 * 1024 ** 2,
      project: "default",
      job,
      trusted: undefined,
      openSocket: () => new WebSocket(address, { headers, dispatcher }),
      makeThread: () => new PacedThread() as unknown as Worker, // as far as it is used
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      tell: () => undefined,
    },
    stop,
  );
  await worker.run(stop).catch((error: unknown) => {
    if (!stop.aborted) throw error;
  });
}

function rowsOf({ local, remote, hybrid, chosen, reason }: Choice) {
  const seconds = { local: local.seconds, remote: remote.seconds, hybrid: hybrid.seconds };
  return { chosen, reason, seconds };
}

/** What the page has seen of the line before, as by an import and a look at an album: some photos out, and others in. */
async function learn({ kernels, blobs }: Engine): Promise<void> {
  const sent = makeJob(kernels.packageHash, `${words.seed} sent`);
  for (const { blob, bytes } of sent.sources) blobs.put(blob, bytes);
  const { here } = await whereabouts(sent.graph, new Set());
  await bringInputs({ there: [], inAlbum: [], here: here.slice(0, seen) }, blobs, signal, () => undefined);
  const { sources } = makeJob(kernels.packageHash, words.seed);
  const hashes = sources.slice(0, seen).map(({ blob }) => blob);
  await fetchResults(hashes, blobs, signal, () => undefined);
}
const seen = 8;

async function answer(question: PageQuestion): Promise<PageAnswer> {
  const engine = await openEngine();
  if (question.kind === "learn") {
    await learn(engine);
    return { kind: "rates", ...linkMeasure.rates };
  }
  const { seed, way, isHere } = question;
  const asked = await ask(engine, seed, isHere);
  const begun = performance.now();
  const results = await go(engine, asked, way);
  const seconds = (performance.now() - begun) / 1000;
  const expected = expectedResults(asked.sources);
  const isRight = [...expected].every(
    ([name, hash]) => results.get(name) === hash && engine.blobs.get(hash) !== undefined,
  );
  return { kind: "went", seconds, isRight, choice: rowsOf(asked.choice), rates: linkMeasure.rates };
}

process.on("message", (question: PageQuestion) => {
  answer(question).then(
    (told) => process.send?.(told),
    (error: unknown) =>
      process.send?.({ kind: "failed", error: String(error instanceof Error ? error.stack : error) }),
  );
});
process.on("disconnect", () => process.exit(0));
process.send?.({ kind: "ready" });

import { fileURLToPath } from "node:url";
import { build } from "vite";
import type { WorkerEvent } from "#burst/worker/burst-worker.ts";
import { startBrowser } from "./browser.ts";

/** Scripts by their addresses. */
export type PageScripts = ReadonlyMap<string, string>;

/** What the thread of Darkroom's page answers (`JoinAnswer`). */
type Answer =
  | { readonly kind: "event"; readonly event: WorkerEvent }
  | { readonly kind: "ended"; readonly reason: string };

/** A page of Chromium that works along at one job. */
export interface ChaosPage extends AsyncDisposable {
  /** Tasks that it told results of. */
  readonly finished: number;
  readonly isConnected: boolean;
  /** What its console and its threads said was wrong. */
  readonly complaints: readonly string[];
  join(job: string): Promise<void>;
}

const entry = "join-worker.js";
const source = fileURLToPath(
  new URL("../../examples/darkroom/page/src/burst/join-worker.ts", import.meta.url),
);

/** The thread in which Darkroom's page works along, and the threads that it starts for kernels. */
export async function buildPageWorker(): Promise<PageScripts> {
  const built = await build({
    configFile: false,
    logLevel: "warn",
    worker: { format: "es" },
    build: {
      write: false,
      target: "es2023",
      rolldownOptions: { input: source, output: { entryFileNames: entry } },
    },
  });
  if (!("output" in built)) throw new TypeError("vite builds once and gives what it made");
  return new Map(
    built.output.map((file) => [
      `/${file.fileName}`,
      file.type === "chunk" ? file.code : Buffer.from(file.source).toString(),
    ]),
  );
}

/** Opens the page at `url`, which serves `scripts`. The threads are the real ones; the window around them is the test's. */
export async function openChaosPage(url: string): Promise<ChaosPage> {
  await using opening = new AsyncDisposableStack();
  const browser = await startBrowser();
  opening.defer(async () => await browser.close());
  const page = await browser.newPage();
  const state = { finished: 0, isConnected: false, complaints: [] as string[] };
  page.on("pageerror", (error) => state.complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") state.complaints.push(message.text());
  });
  await page.exposeFunction("tell", (answer: Answer) => {
    if (answer.kind === "ended") state.isConnected = false;
    if (answer.kind === "ended" && answer.reason !== "") state.complaints.push(answer.reason);
    if (answer.kind !== "event") return;
    const { event } = answer;
    if (event.type === "connected") state.isConnected = true;
    if (event.type === "finished") state.finished += 1;
    if (event.type === "finished" && event.outcome === "failed") state.complaints.push(event.message ?? "");
  });
  await page.goto(url);
  const held = opening.move();
  return {
    get finished() {
      return state.finished;
    },
    get isConnected() {
      return state.isConnected;
    },
    get complaints() {
      return state.complaints;
    },
    join: async (job) => {
      const words = { kind: "join", name: "page", slots: 1, project: "shop", job };
      await page.evaluate(`{
        const worker = new Worker("/${entry}", { type: "module" });
        worker.addEventListener("message", ({ data }) => globalThis.tell(data));
        worker.addEventListener("error", ({ message }) => globalThis.tell({ kind: "ended", reason: message }));
        worker.postMessage(${JSON.stringify(words)});
        globalThis.worker = worker;
      }`);
    },
    [Symbol.asyncDispose]: async () => await held.disposeAsync(),
  };
}

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "vite";
import { type HdrBracket, hdrAnalyseGraph, hdrRenderGraph, readHdrTransforms } from "#darkroom/graph/hdr.ts";
import { decodeTile } from "#darkroom/graph/tile-format.ts";
import { joinTiles } from "#darkroom/graph/tile-grid.ts";
import { randomNumbers } from "#darkroom/graph/bracket-scene.ts";
import { startBrowser, withoutChromium } from "#test/support/browser.ts";
import {
  DarkroomKernels,
  fusionMethod,
  makeBracket,
  recordEverything,
  type Recording,
  writeRecording,
} from "#test/support/kernel-recording.ts";
import type { Replayed } from "#test/support/kernel-replay.ts";
import { type Blobs, runGraph, type TaskOrder } from "#test/support/run-graph.ts";

const program = fileURLToPath(new URL("../support/kernel-replay-program.ts", import.meta.url));
const page = fileURLToPath(new URL("../support/kernel-replay-page.ts", import.meta.url));
let kernels: DarkroomKernels;
let recording: Recording;
let folder: string;
before(async () => {
  kernels = await DarkroomKernels.build();
  recording = await recordEverything(kernels);
  folder = await mkdtemp(join(tmpdir(), "vdc-replay-"));
  await writeRecording(recording, kernels, folder);
});
after(async () => await rm(folder, { recursive: true, force: true }));

test("the calls that the same bits are shown by are of every function of every kernel", () => {
  const called = new Set(recording.calls.map(({ fn }) => fn));
  assert.deepEqual([...called].toSorted(), kernels.functions.toSorted());
});

/** SHA-256 of the picture that a fusion of JPEG files is, all in one graph. */
function pictureHash(bracket: HdrBracket, blobs: Blobs, tile: number, order?: TaskOrder): string {
  const found = runGraph(hdrAnalyseGraph(bracket), kernels.moduleOf, blobs, order).results;
  const transforms = readHdrTransforms(found.get("transforms") ?? assert.fail(), bracket);
  const common = { transforms, response: "srgb", ghosts: "medium", method: fusionMethod } as const;
  const options = { ...bracket, ...common, level: 0, output: "u16", tile } as const;
  const { graph, width, height } = hdrRenderGraph(options);
  const tiles = [...runGraph(graph, kernels.moduleOf, blobs, order).results].map(([name, bytes]) => {
    const [x = 0, y = 0] = name.split(",").map(Number);
    return { at: { x, y }, tile: decodeTile(bytes) };
  });
  const { samples } = joinTiles(width, height, tiles);
  return createHash("sha256").update(new Uint8Array(samples.buffer)).digest("hex");
}

test("a merge of JPEG files has one hash for the whole image, for tiles of any size, and for any order of its tasks", (t) => {
  const blobs: Blobs = new Map();
  const bracket = makeBracket({ calls: [], blobs }, kernels);
  const whole = pictureHash(bracket, blobs, 512);
  t.diagnostic(whole);
  for (const [seed, tile] of [256, 256, 1024].entries()) {
    const random = randomNumbers(seed);
    assert.equal(
      pictureHash(bracket, blobs, tile, (ready) => Math.floor(random() * ready.length)),
      whole,
      `tiles of ${tile}`,
    );
  }
});

/** What a Node of its own says, with these flags. */
async function replayed(flags: readonly string[], threads: number): Promise<Replayed> {
  const words = [...flags, program, folder, String(threads)];
  const { stdout } = await promisify(execFile)(process.execPath, words, { maxBuffer: 2 ** 24 });
  return JSON.parse(stdout) as Replayed; // the words of our own program
}

const ways = [
  { what: "in eight threads", flags: [], threads: 8 },
  { what: "with no optimising compiler", flags: ["--liftoff-only", "--no-opt"], threads: 1 },
  { what: "with nothing but the optimising compiler", flags: ["--no-liftoff"], threads: 1 },
] as const;
for (const { what, flags, threads } of ways) {
  test(`every kernel gives the same bits ${what}`, async () => {
    assert.deepEqual(await replayed(flags, threads), { calls: recording.calls.length, faults: [] });
  });
}

test("a call that gives another bit is noticed", async () => {
  const calls = recording.calls.map((call, index) => (index === 3 ? { ...call, outputs: ["0"] } : call));
  const other = join(folder, "other");
  await writeRecording({ ...recording, calls: calls.slice(0, 6) }, kernels, other);
  const { stdout } = await promisify(execFile)(process.execPath, [program, other, "1"]);
  assert.equal((JSON.parse(stdout) as Replayed).faults.length, 1); // the words of our own program
});

/** Serves the recording and the page's script. */
async function servePage(files: string, script: string) {
  const server = createServer((request, response) => {
    const name = (request.url ?? "/").slice(1);
    if (name === "" || name === "script.js") {
      response.setHeader("content-type", name === "" ? "text/html" : "text/javascript");
      response.end(name === "" ? `<!doctype html><script type="module" src="/script.js"></script>` : script);
      return;
    }
    const path = join(files, name);
    stat(path).then(
      () => createReadStream(path).pipe(response),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close().closeAllConnections() };
}

async function bundled(entry: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: "warn",
    build: { write: false, target: "es2023", rolldownOptions: { input: entry } },
  });
  assert.ok("output" in built);
  const chunk = built.output.find(({ type }) => type === "chunk");
  assert.ok(chunk?.type === "chunk");
  return chunk.code;
}

test("every kernel gives the same bits in Chromium", { skip: withoutChromium }, async () => {
  const { url, close } = await servePage(folder, await bundled(page));
  const browser = await startBrowser();
  try {
    const opened = await browser.newPage();
    await opened.goto(url);
    await opened.waitForFunction("globalThis.replayed !== undefined");
    const answer = await opened.evaluate<Replayed>("globalThis.replayed");
    assert.deepEqual(answer, { calls: recording.calls.length, faults: [] });
  } finally {
    await browser.close();
    close();
  }
});

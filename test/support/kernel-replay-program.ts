// node [FLAGS] kernel-replay-program.ts FOLDER THREADS: makes the calls of a recording again and prints what came of it.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { replayCalls, type Replayed } from "./kernel-replay.ts";

interface Share {
  readonly folder: string;
  readonly first: number;
  readonly of: number;
}

async function replayShare({ folder, ...share }: Share): Promise<Replayed> {
  return await replayCalls(async (name) => new Uint8Array(await readFile(join(folder, name))), share);
}

function inThread(share: Share): Promise<Replayed> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL(import.meta.url), { workerData: share });
    thread.once("message", resolve);
    thread.once("error", reject);
  });
}

if (isMainThread) {
  const [folder = "", threads = "1"] = process.argv.slice(2);
  const of = Number(threads);
  const shares = Array.from({ length: of }, (_, first) => ({ folder, first, of }));
  const done = await Promise.all(of === 1 ? shares.map(replayShare) : shares.map(inThread));
  const calls = done.reduce((sum, part) => sum + part.calls, 0);
  process.stdout.write(JSON.stringify({ calls, faults: done.flatMap(({ faults }) => faults) }));
} else {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origins
  parentPort?.postMessage(await replayShare(workerData as Share)); // what `inThread` gave
}

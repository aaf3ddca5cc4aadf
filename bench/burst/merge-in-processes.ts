import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runLocally } from "./local-graph.ts";
import { hashOf, wholeGraph } from "./merge-graph.ts";

/** A call whose blobs are files. */
export interface FileCall {
  readonly fn: string;
  readonly args: readonly number[];
  readonly memoryBytes: number;
  readonly inputs: readonly string[];
  /** What the outputs' files begin with. */
  readonly out: string;
}

interface FileAnswer {
  readonly names: readonly string[];
  readonly residentBytes: number;
}

export interface ProcessMemory {
  readonly coordinatorBytes: number;
  readonly workerBytes: readonly number[];
  readonly seconds: number;
}

/** Merges a bracket in worker processes; says what this process and each of them held at most. */
export async function mergeInProcesses(
  photos: readonly string[],
  slots: number,
  folder: string,
): Promise<ProcessMemory> {
  mkdirSync(folder);
  const named = new Map(photos.map((file) => [hashOf(readFileSync(file)), file]));
  const graph = wholeGraph(photos.map((file) => readFileSync(file)));
  const workers = Array.from({ length: slots }, () => fork(new URL("task-process.ts", import.meta.url)));
  await Promise.all(workers.map(async (worker) => await once(worker, "message")));
  const idle = [...workers];
  const peaks = new Map<ChildProcess, number>();
  let calls = 0;
  const began = performance.now();
  await runLocally<string>(graph, {
    slots,
    blob: (hash) => named.get(hash) ?? "",
    run: async ({ fn, args, memoryBytes }, inputs) => {
      const worker = idle.pop();
      if (worker === undefined) throw new Error("there are more calls than workers");
      const call: FileCall = { fn, args, memoryBytes, inputs, out: join(folder, String(calls++)) };
      worker.send(call);
      const [answer] = await once(worker, "message");
      const { names, residentBytes } = answer as FileAnswer; // of our own program task-process.ts
      peaks.set(worker, residentBytes);
      idle.push(worker);
      return names;
    },
    drop: (file) => rmSync(file),
  });
  const seconds = (performance.now() - began) / 1000;
  for (const worker of workers) worker.kill();
  return {
    coordinatorBytes: process.resourceUsage().maxRSS * 1024,
    workerBytes: workers.map((worker) => peaks.get(worker) ?? 0),
    seconds,
  };
}

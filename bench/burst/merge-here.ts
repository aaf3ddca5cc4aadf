// node merge-here.ts whole|merge OUT PHOTO…: what the bench measures of ours, in a process of its own. Writes a JPEG file; prints seconds as JSON.
import { readFileSync, writeFileSync } from "node:fs";
import { runLocally } from "./local-graph.ts";
import { decodeGraph, hashOf, mergeGraph, wholeGraph } from "./merge-graph.ts";
import { large } from "./photos.ts";
import { threadMachine } from "./thread-machine.ts";

const slots = 2;
const [way, out, ...photos] = process.argv.slice(2);
if (out === undefined || photos.length === 0) throw new Error("merge-here.ts whole|merge OUT PHOTO…");
const files = photos.map((file) => readFileSync(file));
const blobs = new Map<string, Uint8Array>(files.map((bytes) => [hashOf(bytes), bytes]));
await using machine = await threadMachine(slots, blobs);
const graph = way === "whole" ? wholeGraph(files) : await mergeAlone();
const cpu = process.cpuUsage();
const began = performance.now();
const { results, stages } = await runLocally(graph, machine);
const seconds = (performance.now() - began) / 1000;
const { user, system } = process.cpuUsage(cpu);
if (way === "whole") writeFileSync(out, Buffer.concat([...results.values()]));
console.log(JSON.stringify({ seconds, cpu: (user + system) / 1e6, stages: Object.fromEntries(stages) }));

/** Decodes before the clock runs. */
async function mergeAlone() {
  const { results: tiles } = await runLocally(decodeGraph(files, large), machine);
  const frames = files.map((_, frame) => ({
    ...large,
    tiles: [...tiles].flatMap(([name, bytes]) => {
      if (!name.startsWith(`${frame},`)) return [];
      blobs.set(name, bytes);
      return [{ blob: name, bytes: bytes.length }];
    }),
  }));
  return mergeGraph(frames);
}

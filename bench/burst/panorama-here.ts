// node panorama-here.ts OUT PHOTO…: a panorama by our graphs in a process of its own: decoded, registered, drawn on a cylinder and encoded. Prints seconds of its parts as JSON.
import { readFileSync, writeFileSync } from "node:fs";
import type { JobGraph } from "#burst/graph.ts";
import { readPanoramaCameras } from "../../examples/darkroom/graph/panorama-cameras.ts";
import type { FrameLevel } from "../../examples/darkroom/graph/panorama-frame.ts";
import { registerPanoramaGraph, registrationNames } from "../../examples/darkroom/graph/panorama-register.ts";
import { readPanoramaSeams } from "../../examples/darkroom/graph/panorama-seams.ts";
import { addPanorama } from "../../examples/darkroom/graph/panorama.ts";
import { runLocally } from "./local-graph.ts";
import { addEncoding, decodeGraph, hashOf } from "./merge-graph.ts";
import { panoramaFocal, panoramaSize } from "./photos.ts";
import { threadMachine } from "./thread-machine.ts";

const slots = 2;
const projection = "cylindrical";
const packageHash = "0".repeat(64);
const [out, ...photos] = process.argv.slice(2);
if (out === undefined || photos.length === 0) throw new Error("panorama-here.ts OUT PHOTO…");
const files = photos.map((file) => readFileSync(file));
const blobs = new Map<string, Uint8Array>(files.map((bytes) => [hashOf(bytes), bytes]));
await using machine = await threadMachine(slots, blobs);
const parts: Record<string, number> = {};
const stages: Record<string, { count: number; milliseconds: number }> = {};

const decoded = await run("decode", decodeGraph(files, panoramaSize));
const frames = photos.map((key, frame) => ({ key, focal: panoramaFocal, full: levelOf(frame) }));
const registration = registerPanoramaGraph(packageHash, frames);
const found = await run("register", registration.graph);
const pieces = await run("draw and encode", drawing());
writeFileSync(out, Buffer.concat([...pieces.values()]));
console.log(JSON.stringify({ parts, stages }));

async function run(name: string, graph: JobGraph) {
  const began = performance.now();
  const done = await runLocally(graph, machine);
  parts[name] = (performance.now() - began) / 1000;
  for (const [stage, figures] of done.stages) stages[stage] = figures;
  return done.results;
}

function levelOf(frame: number): FrameLevel {
  const tiles = [...decoded].flatMap(([name, bytes]) =>
    name.startsWith(`${frame},`) ? [keep(name, bytes)] : [],
  );
  return { factor: 1, ...panoramaSize, side: 256, tiles };
}

function keep(blob: string, bytes: Uint8Array) {
  blobs.set(blob, bytes);
  return { blob, bytes: bytes.length };
}

function drawing(): JobGraph {
  const camerasBytes = found.get(registrationNames.cameras) ?? new Uint8Array();
  const seamsBytes = found.get(registrationNames.seams(projection)) ?? new Uint8Array();
  const cameras = readPanoramaCameras(camerasBytes);
  if (cameras.cameras.includes(undefined)) throw new Error("a photo was left out");
  const tasks: JobGraph["tasks"][number][] = [];
  const { tiles, width, height } = addPanorama(tasks, {
    cameras,
    camerasBlob: keep("cameras", camerasBytes),
    projection,
    seams: readPanoramaSeams(seamsBytes),
    seamsBlob: keep("seams", seamsBytes),
    frames: registration.order.map((index) => [levelOf(index)]),
    crop: true,
    scale: 1,
    samples: "u8",
  });
  return { package: packageHash, tasks, results: addEncoding(tasks, tiles, width, height) };
}

import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { median, spread } from "#bench/support/statistics.ts";
import { darkroomKernels } from "./kernels.ts";
import { measured, type Took } from "./measured-process.ts";
import { largePanorama } from "./photos.ts";

/** A panorama of 12 × 12 MP from JPEG files to a JPEG file: our graphs in two threads, and Hugin's tools with two threads, in turns. */
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 1);
const only = process.env["BENCH_PEERS"]?.split(",");
const mebibyte = 1024 ** 2;
const view = "70";

interface Run {
  readonly wall: number;
  readonly cpu: number;
  readonly residentBytes: number;
  /** Seconds of its parts, in order. */
  readonly parts: Readonly<Record<string, number>>;
}

const folder = mkdtempSync(join(tmpdir(), "bench-panorama-"));
try {
  const photos = largePanorama(await darkroomKernels());
  const peers = new Map([
    ["VDC", async () => await runOurs(photos)],
    ["Hugin", async () => await runHugin(photos)],
  ]);
  const figures = new Map<string, Run[]>();
  for (let round = 0; round < rounds; round += 1)
    for (const [name, run] of peers) {
      if (only !== undefined && !only.includes(name)) continue;
      try {
        figures.set(name, [...(figures.get(name) ?? []), await run()]);
      } catch (error) {
        console.log(`${name} is left out, because it failed:`, error);
        peers.delete(name);
      }
    }
  report(figures);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function runOurs(photos: readonly string[]): Promise<Run> {
  const program = join(import.meta.dirname, "panorama-here.ts");
  const took = await measured(process.execPath, [program, join(folder, "ours.jpg"), ...photos]);
  return { ...took, ...(JSON.parse(took.stdout) as Pick<Run, "parts">) }; // our own program's
}

/**
 * What Hugin's own assistant does. Enblend's usual seams (graph-cut) did not come to an end within 40 minutes here; those
 * of the nearest feature do, and they are what Hugin names for slow machines.
 */
async function runHugin(photos: readonly string[]): Promise<Run> {
  const own = join(folder, "hugin");
  rmSync(own, { recursive: true, force: true });
  mkdirSync(own);
  const steps: readonly (readonly [string, () => readonly string[]])[] = [
    ["pto_gen", () => ["-o", "a.pto", "-f", view, ...photos]],
    ["cpfind", () => ["--multirow", "-n", "2", "-o", "b.pto", "a.pto"]],
    ["cpclean", () => ["-o", "c.pto", "b.pto"]],
    ["autooptimiser", () => ["-a", "-m", "-l", "-s", "-o", "d.pto", "c.pto"]],
    ["pano_modify", () => ["--projection=1", "--canvas=AUTO", "--crop=AUTO", "-o", "e.pto", "d.pto"]],
    ["nona", () => ["-m", "TIFF_m", "-o", "part", "e.pto"]],
    ["enblend", () => ["--primary-seam-generator=nft", "--compression=93", "-o", "out.jpg", ...warped(own)]],
  ];
  const took: [string, Took][] = [];
  for (const [program, words] of steps) took.push([program, await measured(program, words(), own)]);
  return {
    wall: took.reduce((sum, [, { wall }]) => sum + wall, 0),
    cpu: took.reduce((sum, [, { cpu }]) => sum + cpu, 0),
    residentBytes: Math.max(...took.map(([, { residentBytes }]) => residentBytes)),
    parts: Object.fromEntries(took.map(([program, { wall }]) => [program, wall])),
  };
}

function warped(own: string): string[] {
  return readdirSync(own).filter((name) => name.startsWith("part") && name.endsWith(".tif"));
}

function report(figures: ReadonlyMap<string, readonly Run[]>): void {
  const [ours] = figures.values();
  if (ours === undefined) return;
  const load = loadavg()[0]?.toFixed(1);
  console.log(`\npanorama of 12 × 12 MP, ${cpus().length} cores, ${rounds} rounds; load ${load}\n`);
  console.log("| program | seconds | VDC is x of it | CPU seconds | VDC is x of it | peak MiB |");
  console.log("|---|---|---|---|---|---|");
  for (const [name, runs] of figures) {
    const times = (of: (run: Run) => number) => (median(ours.map(of)) / median(runs.map(of))).toFixed(2);
    const peak = Math.max(...runs.map(({ residentBytes }) => residentBytes)) / mebibyte;
    const seconds = spread(
      runs.map(({ wall }) => wall),
      1,
    );
    const cpu = spread(
      runs.map((run) => run.cpu),
      1,
    );
    console.log(
      `| ${name} | ${seconds} | ${times(({ wall }) => wall)} | ${cpu} | ${times((run) => run.cpu)} | ${peak.toFixed(0)} |`,
    );
  }
  for (const [name, [first]] of figures) {
    const parts = Object.entries(first?.parts ?? {}).map(
      ([part, seconds]) => `${part} ${seconds.toFixed(1)}`,
    );
    console.log(`\n${name}, seconds of the first round: ${parts.join(", ")}`);
  }
}

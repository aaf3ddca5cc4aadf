import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { median, spread } from "#bench/support/statistics.ts";
import { darkroomKernels } from "./kernels.ts";
import { measured, type Took } from "./measured-process.ts";
import { mergeInDataCenter } from "./merge-in-data-center.ts";
import { large, largeBracket } from "./photos.ts";

/**
 * Exposure fusion of 3 × 24 MP: our graph in two threads, OpenCV's MergeMertens with two threads and enfuse, in turns; then the memory of ours with 7 × 24 MP, as a job
 * of a whole data center with two workers that joined it.
 */
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 3);
const only = process.env["BENCH_PEERS"]?.split(",");
/** Debian's, which has python3-opencv, whatever else is on the path. */
const python = "/usr/bin/python3";
const pixels = (3 * large.width * large.height) / 1e6;
const mebibyte = 1024 ** 2;

interface Figures {
  readonly seconds: number;
  readonly cpu: number;
  readonly residentBytes: number;
}

interface Peer {
  readonly name: string;
  readonly isThere: boolean;
  /** From photos to a photo. */
  readonly whole: (photos: readonly string[], out: string) => Promise<Took>;
  /** The merge alone, of decoded photos; absent where it cannot be told apart. */
  readonly merge?: (photos: readonly string[]) => Promise<Figures>;
}

const openCv = `
import sys, time, json, numpy, cv2
cv2.setNumThreads(2)
way, out, photos = sys.argv[1], sys.argv[2], sys.argv[3:]
images = [cv2.imread(name) for name in photos]
merge = cv2.createMergeMertens(1.0, 1.0, 1.0)
wall, cpu = time.perf_counter(), time.process_time()
fused = merge.process(images)
print(json.dumps({"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}))
if way == "whole":
    cv2.imwrite(out, numpy.clip(fused * 255 + 0.5, 0, 255).astype("uint8"), [cv2.IMWRITE_JPEG_QUALITY, 93])
`;

const program = join(import.meta.dirname, "merge-here.ts");
const peers: readonly Peer[] = [
  {
    name: "VDC",
    isThere: true,
    whole: (photos, out) => measured(process.execPath, [program, "whole", out, ...photos]),
    merge: async (photos) => ownWords(await measured(process.execPath, [program, "merge", "-", ...photos])),
  },
  {
    name: "OpenCV",
    isThere: existsSync(python) && (await runs(python, ["-c", "import cv2"])),
    whole: (photos, out) => measured(python, ["-c", openCv, "whole", out, ...photos]),
    merge: async (photos) => ownWords(await measured(python, ["-c", openCv, "merge", "-", ...photos])),
  },
  {
    name: "enfuse",
    isThere: await runs("enfuse", ["--version"]),
    whole: (photos, out) => measured("enfuse", ["--compression=93", "-o", out, ...photos]),
  },
];

const folder = mkdtempSync(join(tmpdir(), "bench-fusion-"));
try {
  const photos = largeBracket(await darkroomKernels(), 7);
  const present = peers.filter(({ name, isThere }) => isThere && (only === undefined || only.includes(name)));
  for (const { name } of peers.filter(({ isThere }) => !isThere)) console.log(`${name} is absent`);
  // The middle and both ends of the album's bracket.
  await compare(
    present,
    [0, 2, 4].flatMap((index) => photos[index] ?? []),
  );
  await reportMemory(photos);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function compare(present: readonly Peer[], photos: readonly string[]): Promise<void> {
  const merges = new Map<string, Figures[]>();
  const wholes = new Map<string, Figures[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, merge, whole } of present) {
      if (merge !== undefined) merges.set(name, [...(merges.get(name) ?? []), await merge(photos)]);
      const took = await whole(photos, join(folder, `${name}.jpg`));
      wholes.set(name, [...(wholes.get(name) ?? []), { ...took, seconds: took.wall }]);
    }
  }
  report(`merge of 3 × 24 MP alone, decoded before`, merges);
  report(`3 × 24 MP from JPEG files to a JPEG file, with the start of the process`, wholes);
}

function report(title: string, figures: ReadonlyMap<string, readonly Figures[]>): void {
  const [ours] = figures.values();
  if (ours === undefined) return;
  const load = loadavg()[0]?.toFixed(1);
  console.log(`\n${title}, ${cpus().length} cores, ${rounds} rounds; load ${load}\n`);
  console.log(
    "| program | seconds | VDC is x of it | CPU seconds | VDC is x of it | CPU ms per MP | peak MiB |",
  );
  console.log("|---|---|---|---|---|---|---|");
  for (const [name, rows] of figures) {
    const seconds = rows.map((row) => row.seconds);
    const cpu = rows.map((row) => row.cpu);
    const times = (of: (row: Figures) => number) => (median(ours.map(of)) / median(rows.map(of))).toFixed(2);
    const peak = Math.max(...rows.map((row) => row.residentBytes)) / mebibyte;
    console.log(
      `| ${name} | ${spread(seconds, 2)} | ${times((row) => row.seconds)} | ${spread(cpu, 2)} | ${times((row) => row.cpu)} | ${((median(cpu) * 1000) / pixels).toFixed(1)} | ${peak.toFixed(0)} |`,
    );
  }
}

async function reportMemory(photos: readonly string[]): Promise<void> {
  const { seconds, tasks, peaks } = await mergeInDataCenter(photos, 2);
  console.log(`\n7 × 24 MP as a job of a data center, ${tasks} tasks, ${seconds.toFixed(1)} s\n`);
  console.log("| process | target, MiB | peak, MiB |\n|---|---|---|");
  for (const { name, bytes } of peaks) {
    const target = name.startsWith("worker") ? 256 : 512;
    console.log(`| ${name} | ≤ ${target} | ${(bytes / mebibyte).toFixed(0)} |`);
  }
}

/** What the program measured itself, around the merge; the peak is that of its process. */
function ownWords({ stdout, residentBytes }: Took): Figures {
  const { seconds, cpu } = JSON.parse(stdout) as Figures; // our own program's, or ours in Python
  return { seconds, cpu, residentBytes };
}

async function runs(command: string, args: readonly string[]): Promise<boolean> {
  return await measured(command, args).then(
    () => true,
    () => false,
  );
}

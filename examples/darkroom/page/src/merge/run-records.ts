import { z } from "zod";

/** What is kept of a job that was ordered here, so that a reload, or another visit of the album, finds it again and knows what to do with its result. */
const recordSchema = z.object({
  album: z.string(),
  /** Hashes of the photos that the merge was opened with. */
  photos: z.array(z.string()),
  title: z.string(),
  /** Milliseconds since 1970. */
  orderedAt: z.number(),
  /** The result lies in the album. */
  isSaved: z.boolean(),
  way: z.enum(["local", "remote", "hybrid"]),
  size: z.object({ width: z.int(), height: z.int() }),
  /** Hashes of the photos that the result is made of. */
  from: z.array(z.string()),
  as: z.enum(["hdr", "panorama", "hdr-panorama"]),
  package: z.string(),
  keeping: z.object({ output: z.enum(["u8", "u16"]), radiance: z.boolean() }),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});
export type RunRecord = z.infer<typeof recordSchema>;

const prefix = "darkroom.job.";
/** The data center keeps results so long. */
const keptMs = 7 * 24 * 3_600_000;
const maxRecords = 50;

export function writeRun(job: string, record: RunRecord): void {
  try {
    localStorage.setItem(prefix + job, JSON.stringify(record));
    for (const [old] of allRuns().slice(maxRecords)) forgetRun(old);
  } catch {
    // Without room for it a reload shows the job in the console alone; the merge itself goes on.
  }
}

export function readRun(job: string): RunRecord | undefined {
  const text = localStorage.getItem(prefix + job);
  if (text === null) return undefined;
  const parsed = recordSchema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : undefined;
}

export function forgetRun(job: string): void {
  localStorage.removeItem(prefix + job);
}

/** Another user of this browser finds none of them. */
export function forgetRuns(): void {
  for (const job of jobsHere()) forgetRun(job);
}

/** The result lies in the album: the job is found by its address still, and no longer offered there. */
export function markSaved(job: string): void {
  const record = readRun(job);
  if (record !== undefined) writeRun(job, { ...record, isSaved: true });
}

/** Jobs of an album whose result is not in it, newest first. */
export function openRuns(album: string): readonly (readonly [job: string, record: RunRecord])[] {
  return allRuns().filter(([, record]) => record.album === album && !record.isSaved);
}

/** The address of a merge that goes on. */
export function addressOf(job: string, { album, as, photos }: RunRecord): string {
  const named = photos.map((hash) => hash.slice(0, 16)).join(",");
  return `/albums/${album}/merge?as=${as}&photos=${named}&job=${job}`;
}

/** Newest first; what is too old to have results, or cannot be read any more, is dropped. */
function allRuns(): (readonly [job: string, record: RunRecord])[] {
  const found: (readonly [string, RunRecord])[] = [];
  for (const job of jobsHere()) {
    const record = readRun(job);
    if (record !== undefined && Date.now() - record.orderedAt < keptMs) found.push([job, record]);
    else forgetRun(job);
  }
  return found.toSorted(([, one], [, other]) => other.orderedAt - one.orderedAt);
}

function jobsHere(): readonly string[] {
  return Object.keys(localStorage).flatMap((key) =>
    key.startsWith(prefix) ? [key.slice(prefix.length)] : [],
  );
}

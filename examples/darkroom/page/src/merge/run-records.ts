import { z } from "zod";

/** What is kept of a job that was ordered here, so that a reload finds it again and knows what to do with its result. */
const recordSchema = z.object({
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

const keyOf = (job: string) => `darkroom.job.${job}`;

export function writeRun(job: string, record: RunRecord): void {
  try {
    localStorage.setItem(keyOf(job), JSON.stringify(record));
  } catch {
    // Without room for it a reload shows the job in the console alone; the merge itself goes on.
  }
}

export function readRun(job: string): RunRecord | undefined {
  const text = localStorage.getItem(keyOf(job));
  if (text === null) return undefined;
  const parsed = recordSchema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : undefined;
}

export function forgetRun(job: string): void {
  localStorage.removeItem(keyOf(job));
}

import { VdcError } from "#api/errors.ts";
import { objectsChanged, type InBucket } from "#console/data/object-queries.ts";
import { forgetUpload, uploadFile, type UploadProgress } from "#console/data/object-upload.ts";
import { browserClock } from "#console/lib/clock.ts";
import { createStore } from "#console/lib/store.ts";

/** Files on their way at once; a large one has three parts under way besides. */
const filesAtOnce = 3;
/** Files that one tab keeps track of. */
export const maxUploads = 10_000;
const publishMs = 100;
const lookAgainMs = 1000;

export type UploadState = "waiting" | "sending" | "done" | "exists" | "failed" | "stopped";

/** A file on its way, as pages show it. */
export interface Upload {
  readonly id: number;
  readonly bucket: InBucket;
  readonly key: string;
  readonly size: number;
  readonly sent: number;
  readonly state: UploadState;
  readonly error?: unknown;
}

export interface NewUpload {
  readonly key: string;
  readonly file: File;
}

interface Job {
  view: Upload;
  readonly file: File;
  replace: boolean;
  readonly progress: UploadProgress;
  stop: AbortController;
}

/** Uploads belong to the tab: they go on while other pages are looked at. */
export const uploads = createStore<readonly Upload[]>([]);

const jobs = new Map<number, Job>();
let lastId = 0;
let cancelPublish: (() => void) | undefined;
const changed = new Map<string, InBucket>();

/** Queues files. `replace`: whether an object of the same name may be written over; where versions are kept, nothing is lost by it. */
export function startUploads(bucket: InBucket, files: readonly NewUpload[], replace: boolean): void {
  for (const { key, file } of files.slice(0, maxUploads - jobs.size)) {
    lastId += 1;
    const view: Upload = { id: lastId, bucket, key, size: file.size, sent: 0, state: "waiting" };
    const progress = { parts: new Map<number, string>() };
    jobs.set(lastId, { view, file, replace, progress, stop: new AbortController() });
  }
  pump();
}

/** Tries failed ones again, from the parts that are there; `replace` answers "there is one of this name". */
export function retryUploads(ids: readonly number[], replace = false): void {
  for (const id of ids) {
    const job = jobs.get(id);
    if (job === undefined || isActive(job.view)) continue;
    job.stop = new AbortController();
    job.replace ||= replace;
    const { error: _, ...view } = job.view;
    job.view = { ...view, state: "waiting" };
  }
  pump();
}

export function stopUpload(id: number): void {
  const job = jobs.get(id);
  if (job === undefined) return;
  job.stop.abort();
  if (job.view.state !== "sending") show(job, { state: "stopped" });
}

/** Takes what is over out of the list, and frees what unfinished ones have sent. */
export function clearUploads(ids: readonly number[]): void {
  for (const id of ids) {
    const job = jobs.get(id);
    if (job === undefined || isActive(job.view)) continue;
    jobs.delete(id);
    if (job.view.state !== "done") void forget(job);
  }
  publishSoon();
}

export function isActive({ state }: Upload): boolean {
  return state === "waiting" || state === "sending";
}

function pump(): void {
  const all = [...jobs.values()];
  let free = filesAtOnce - all.filter(({ view }) => view.state === "sending").length;
  for (const job of all) {
    if (free <= 0) break;
    if (job.view.state !== "waiting") continue;
    free -= 1;
    show(job, { state: "sending" });
    void send(job);
  }
  // The browser asks before it throws away what is on its way.
  if (all.some(({ view }) => isActive(view))) window.addEventListener("beforeunload", keepPage);
  else window.removeEventListener("beforeunload", keepPage);
  publishSoon();
}

function keepPage(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

/** Never rejects: how it ended is in the list. */
async function send(job: Job): Promise<void> {
  const { bucket, key, size } = job.view;
  const { file, replace, progress } = job;
  const { signal } = job.stop;
  const onSent = (sent: number) => show(job, { sent });
  try {
    await uploadFile({ bucket, key, file, replace, progress, onSent, signal });
    show(job, { state: "done", sent: size });
    lookAgain(bucket);
  } catch (error) {
    const exists = error instanceof VdcError && error.code === "already-exists";
    show(job, signal.aborted ? { state: "stopped" } : { state: exists ? "exists" : "failed", error });
  }
  pump();
}

async function forget(job: Job): Promise<void> {
  try {
    await forgetUpload({ ...job.view, progress: job.progress });
  } catch {
    // What is left of it is removed by the bucket's lifecycle; nobody waits for this.
  }
}

function show(job: Job, change: Partial<Upload>): void {
  job.view = { ...job.view, ...change };
  publishSoon();
}

/** Progress comes many times a second for each part; pages are drawn ten times. */
function publishSoon(): void {
  cancelPublish ??= browserClock.after(publishMs, () => {
    cancelPublish = undefined;
    uploads.set([...jobs.values()].map(({ view }) => view));
  });
}

function lookAgain(bucket: InBucket): void {
  if (changed.size === 0)
    browserClock.after(lookAgainMs, () => {
      const buckets = [...changed.values()];
      changed.clear();
      for (const one of buckets) void objectsChanged(one);
    });
  changed.set(`${bucket.project}/${bucket.name}`, bucket);
}

import { VdcError } from "#api/errors.ts";
import { api } from "#console/data/api.ts";
import { paramsOf, type InBucket } from "#console/data/object-queries.ts";
import { elementOf, sendToS3 } from "#console/data/object-send.ts";
import { browserClock } from "#console/lib/clock.ts";
import { contentTypeOf } from "#console/lib/object-names.ts";
import { partRanges, partSizeFor, singleMaxBytes } from "#console/lib/upload-parts.ts";

/** Parts of one file on their way at once. */
const partsAtOnce = 3;
const partAttempts = 4;
const firstPauseMs = 500;
const forgetWithinMs = 20_000;

/** What is kept of a file's upload, so that a second try sends only what is missing. */
export interface UploadProgress {
  uploadId?: string;
  /** Entity tags of the parts that are there, by number. */
  readonly parts: Map<number, string>;
}

export interface UploadRequest {
  readonly bucket: InBucket;
  readonly key: string;
  readonly file: File;
  /** False: refuse when an object of this name is there. */
  readonly replace: boolean;
  readonly progress: UploadProgress;
  readonly onSent: (bytes: number) => void;
  readonly signal: AbortSignal;
}

type Item = {
  readonly operation: "put" | "create-upload" | "upload-part" | "complete-upload" | "abort-upload";
} & {
  readonly uploadId?: string;
  readonly partNumber?: number;
};

/** Sends one file to its key: at once when it is small, in parts otherwise. Throws as `sendToS3` does. */
export async function uploadFile(request: UploadRequest): Promise<void> {
  const { file, signal, onSent } = request;
  const headers = { "content-type": contentTypeOf(file.name, file.type) };
  if (file.size > singleMaxBytes) return await uploadInParts(request, headers);
  const url = await urlFor(request, { operation: "put" });
  await sendToS3("PUT", url, { signal, body: file, headers: { ...headers, ...condition(request) }, onSent });
}

async function uploadInParts(
  request: UploadRequest,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const { file, progress, signal } = request;
  progress.uploadId ??= await begin(request, headers);
  const { uploadId } = progress;
  const waiting = partRanges(file.size, partSizeFor(file.size)).filter(
    ({ number }) => !progress.parts.has(number),
  );
  const sent = new Map<number, number>();
  const done = () => file.size - waiting.reduce((sum, { start, end }) => sum + end - start, 0);
  const before = done();
  const tell = () => request.onSent(before + [...sent.values()].reduce((sum, bytes) => sum + bytes, 0));
  // One part that cannot be sent ends the others: what they had is kept, and a second try goes on from there.
  const failing = new AbortController();
  const either = AbortSignal.any([signal, failing.signal]);
  const queue = waiting.values();
  const worker = async () => {
    for (const part of queue) {
      const etag = await sendPart({ ...request, signal: either }, uploadId, part, (bytes) => {
        sent.set(part.number, bytes);
        tell();
      });
      progress.parts.set(part.number, etag);
    }
  };
  try {
    await Promise.all(Array.from({ length: partsAtOnce }, worker));
  } catch (error) {
    failing.abort();
    throw error;
  }
  await complete(request, uploadId);
}

async function begin(request: UploadRequest, headers: Readonly<Record<string, string>>): Promise<string> {
  const url = await urlFor(request, { operation: "create-upload" });
  const { text } = await sendToS3("POST", url, { signal: request.signal, headers });
  const uploadId = elementOf(text, "UploadId");
  if (uploadId === undefined)
    throw new VdcError("fault", "The S3 service began an upload without naming it.");
  return uploadId;
}

/** A part is tried again after a pause: a line that broke off is no reason to begin anew. */
async function sendPart(
  request: UploadRequest,
  uploadId: string,
  part: { readonly number: number; readonly start: number; readonly end: number },
  onSent: (bytes: number) => void,
): Promise<string> {
  const { file, signal } = request;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const url = await urlFor(request, { operation: "upload-part", uploadId, partNumber: part.number });
      const body = file.slice(part.start, part.end);
      const { etag } = await sendToS3("PUT", url, { signal, body, onSent });
      onSent(part.end - part.start);
      return etag;
    } catch (error) {
      onSent(0);
      const canPass =
        error instanceof VdcError && ["unreachable", "unavailable", "timeout"].includes(error.code);
      if (signal.aborted || !canPass || attempt >= partAttempts) throw error;
      await browserClock.sleep(firstPauseMs * 2 ** (attempt - 1), signal);
    }
  }
}

async function complete(request: UploadRequest, uploadId: string): Promise<void> {
  const parts = [...request.progress.parts].toSorted(([a], [b]) => a - b);
  const list = parts.map(
    ([number, etag]) =>
      `<Part><PartNumber>${number}</PartNumber><ETag>${etag.replaceAll('"', "&quot;")}</ETag></Part>`,
  );
  const url = await urlFor(request, { operation: "complete-upload", uploadId });
  await sendToS3("POST", url, {
    signal: request.signal,
    body: `<CompleteMultipartUpload>${list.join("")}</CompleteMultipartUpload>`,
    headers: { "content-type": "application/xml", ...condition(request) },
  });
}

/** Frees what a given-up upload has sent. */
export async function forgetUpload(
  request: Pick<UploadRequest, "bucket" | "key" | "progress">,
): Promise<void> {
  const { uploadId } = request.progress;
  if (uploadId === undefined) return;
  const signal = AbortSignal.timeout(forgetWithinMs);
  const url = await urlFor({ ...request, signal }, { operation: "abort-upload", uploadId });
  await sendToS3("DELETE", url, { signal });
}

function condition({ replace }: UploadRequest): Readonly<Record<string, string>> {
  return replace ? {} : { "if-none-match": "*" };
}

async function urlFor(
  { bucket, key, signal }: Pick<UploadRequest, "bucket" | "key" | "signal">,
  item: Item,
): Promise<string> {
  const { urls } = await api.call(api.routes["bucket.write-urls"], {
    params: paramsOf(bucket),
    body: { items: [{ ...item, key }] },
    signal,
  });
  return urls[0] ?? "";
}

import { createHash } from "node:crypto";
import type { Transform } from "node:stream";
import { createGunzip } from "node:zlib";
import { ByteReader } from "./byte-reader.ts";
import type { PackageDraft } from "./disk.ts";
import { gather } from "./documents.ts";
import type { PackageLimits } from "./limits.ts";
import { refused } from "./refuse.ts";
import { readTar, type TarEntry } from "./tar-read.ts";

/** What lies in a draft once the archive is read: every blob has the digest and the size that its name and header say. */
export interface ReadArchive {
  readonly index: Uint8Array;
  /** Sizes by hexadecimal digest. */
  readonly blobs: ReadonlyMap<string, number>;
  /** Bytes of the archive, without transport compression. */
  readonly sizeBytes: number;
}

const blobName = /^blobs\/sha256\/([0-9a-f]{64})$/;
const folders = new Set(["", "blobs", "blobs/sha256"]);

/** Reads the outer tar, or one that is gzipped for its way, and hashes every blob while it is written. */
export async function readArchive(
  source: AsyncIterable<Uint8Array>,
  draft: PackageDraft,
  limits: PackageLimits,
): Promise<ReadArchive> {
  const blobs = new Map<string, number>();
  const counted = { bytes: 0 };
  let index: Uint8Array | undefined;
  let layout: Uint8Array | undefined;
  let entries = 0;
  for await (const entry of readTar(counting(plain(source, limits), counted, limits), "the archive")) {
    if ((entries += 1) > limits.blobs + 8)
      throw refused("limit", entry.name, `there are more than ${limits.blobs} blobs in the archive`);
    const name = entry.name.replace(/^\.\//, "").replace(/\/$/, "");
    const hex = blobName.exec(name)?.[1];
    if (entry.type === "folder" && folders.has(name)) continue;
    if (entry.type !== "file") throw refused("entry-type", entry.name, `a ${entry.typeName} may not be here`);
    if (hex !== undefined) await takeBlob(hex, entry, { blobs, draft });
    else if (name === "index.json") index = await document(entry, index, limits);
    else if (name === "oci-layout") layout = await document(entry, layout, limits);
    else throw refused("unknown-entry", entry.name, "an OCI image layout has no such file");
  }
  if (index === undefined || layout === undefined)
    throw refused(
      "not-a-package",
      "the archive",
      `there is no ${index === undefined ? "index.json" : "oci-layout"} in it`,
    );
  return { index, blobs, sizeBytes: counted.bytes };
}

async function document(
  entry: TarEntry,
  before: Uint8Array | undefined,
  { documentBytes }: PackageLimits,
): Promise<Uint8Array> {
  if (before !== undefined) throw refused("duplicate", entry.name, "it is in the archive twice");
  return await gather(entry.body, documentBytes, entry.name);
}

async function takeBlob(
  hex: string,
  entry: TarEntry,
  to: { readonly blobs: Map<string, number>; readonly draft: PackageDraft },
): Promise<void> {
  if (to.blobs.has(hex)) throw refused("duplicate", entry.name, "it is in the archive twice");
  to.blobs.set(hex, entry.size);
  const hash = createHash("sha256");
  await to.draft.writeBlob(hex, hashed(entry.body, hash));
  if (hash.digest("hex") !== hex)
    throw refused("digest", entry.name, "its content has another digest than its name says");
}

async function* hashed(
  chunks: AsyncIterable<Uint8Array>,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

async function* counting(
  chunks: AsyncIterable<Uint8Array>,
  counted: { bytes: number },
  { archiveBytes }: PackageLimits,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    counted.bytes += chunk.byteLength;
    if (counted.bytes > archiveBytes)
      throw refused("limit", "the archive", `it is larger than ${archiveBytes} bytes`);
    yield chunk;
  }
}

/** The tar itself: undoes gzip (RFC 1952) when the first bytes say so. */
async function* plain(source: AsyncIterable<Uint8Array>, limits: PackageLimits): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(source);
  try {
    const start = await reader.exactly(2);
    const whole = (async function* () {
      yield start;
      for (let chunk = await reader.some(1 << 20); chunk !== undefined; chunk = await reader.some(1 << 20))
        yield chunk;
    })();
    if (start[0] === 0x1f && start[1] === 0x8b) yield* gunzipped(whole, limits);
    else yield* whole;
  } finally {
    await reader.close();
  }
}

async function* gunzipped(
  source: AsyncIterable<Uint8Array>,
  { ratio, ratioFromBytes }: PackageLimits,
): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  const sent = { bytes: 0 };
  const feeding = feed(source, gunzip, sent);
  let bytes = 0;
  try {
    // What the types of node:stream call any are the chunks of a byte stream.
    for await (const chunk of gunzip as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      if (bytes > ratioFromBytes && bytes > sent.bytes * ratio)
        throw refused("limit", "the archive", `it unpacks to more than ${ratio} times its size`);
      yield chunk;
    }
    await feeding;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    if (code === "Z_BUF_ERROR") throw refused("truncated", "the archive", "it ends too early", cause);
    if (code.startsWith("Z_"))
      throw refused("not-a-package", "the archive", "its gzip compression is broken", cause);
    throw cause;
  } finally {
    gunzip.destroy();
    await feeding.catch(() => undefined); // it ended with the stream, and its reason was thrown above
  }
}

async function feed(
  source: AsyncIterable<Uint8Array>,
  gunzip: Transform,
  sent: { bytes: number },
): Promise<void> {
  try {
    for await (const chunk of source) {
      if (gunzip.destroyed) return;
      sent.bytes += chunk.byteLength;
      if (!gunzip.write(chunk)) await drained(gunzip);
    }
    gunzip.end();
  } catch (error) {
    gunzip.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

function drained(stream: Transform): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.once("drain", resolve).once("close", resolve);
  return promise;
}

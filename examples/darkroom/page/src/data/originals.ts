import { sha256 } from "../engine/sha256.ts";
import { fetchOriginal } from "./fetch-original.ts";

const folderName = "originals";
/** What browsers keep of originals; the one that was used longest ago leaves first. */
const maxKeptBytes = 2 * 1024 ** 3;
const keptBelowBytes = 256 * 1024 ** 2;
const fetchWithinMs = 300_000;

/** Fetches that are on their way: two views of a photo are one download. */
const onTheirWay = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();

/**
 * The bytes of an original, verified by its hash: from this browser's own files when it was seen before, else from the album's bucket. Rejects with words for people. An abort
 * ends the waiting; the download goes on for whoever asks next.
 */
export async function originalBytes(hash: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  signal?.throwIfAborted();
  const found = onTheirWay.get(hash) ?? begin(hash);
  if (signal === undefined) return await found;
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason as Error); // what aborts gives an error as its reason
  signal.addEventListener("abort", stop, { once: true });
  return await Promise.race([found, promise]).finally(() => signal.removeEventListener("abort", stop));
}

async function begin(hash: string): Promise<Uint8Array<ArrayBuffer>> {
  const work = bring(hash).finally(() => onTheirWay.delete(hash));
  onTheirWay.set(hash, work);
  return await work;
}

async function bring(hash: string): Promise<Uint8Array<ArrayBuffer>> {
  const kept = await readKept(hash);
  if (kept !== undefined) return kept;
  const bytes = await fetchOriginal(hash, AbortSignal.timeout(fetchWithinMs));
  await keepOriginal(hash, bytes);
  return bytes;
}

/** Keeps an original in this browser's own files (OPFS), within the bound. A browser that cannot only downloads it again. */
export async function keepOriginal(hash: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  if (bytes.length > keptBelowBytes) return;
  try {
    const folder = await openFolder();
    await makeRoom(folder, bytes.length);
    const file = await folder.getFileHandle(hash, { create: true });
    const writable = await file.createWritable();
    await writable.write(bytes);
    await writable.close();
  } catch {
    // Private windows, full disks and old browsers keep nothing.
  }
}

/** Forgets what this browser kept, as when somebody else signs in. */
export async function forgetOriginals(): Promise<void> {
  try {
    const root = await navigator.storage.getDirectory();
    await root.removeEntry(folderName, { recursive: true });
  } catch {
    // Nothing was kept.
  }
}

/** Undefined when it is not there, or not what its name says: a write may have been cut off. */
async function readKept(hash: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const folder = await openFolder();
    const file = await (await folder.getFileHandle(hash)).getFile();
    const bytes = new Uint8Array(await file.arrayBuffer());
    return (await sha256(bytes)) === hash ? bytes : undefined;
  } catch {
    return undefined;
  }
}

async function makeRoom(folder: FileSystemDirectoryHandle, bytes: number): Promise<void> {
  const files: File[] = [];
  for await (const handle of folder.values()) if (handle.kind === "file") files.push(await handle.getFile());
  let kept = files.reduce((sum, { size }) => sum + size, 0);
  const oldestFirst = files.toSorted((one, other) => one.lastModified - other.lastModified);
  for (const { name, size } of oldestFirst) {
    if (kept + bytes <= maxKeptBytes) return;
    await folder.removeEntry(name);
    kept -= size;
  }
}

async function openFolder(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return await root.getDirectoryHandle(folderName, { create: true });
}

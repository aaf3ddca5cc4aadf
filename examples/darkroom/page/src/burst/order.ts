import type { BlobRef, JobGraph } from "#burst/graph.ts";
import { linkMeasure } from "../data/link-measure.ts";
import { ownServer } from "../data/own-server.ts";
import type { Blobs } from "../engine/blobs.ts";
import type { Kernels } from "../engine/kernels.ts";
import { sha256 } from "../engine/sha256.ts";
import { center } from "./center.ts";

/** Where the bytes that a graph reads lie, before anything is moved. */
export interface Whereabouts {
  /** In burst's blobs already. */
  readonly there: readonly BlobRef[];
  /** Originals of the album: copied store to store, without this computer's uplink. */
  readonly inAlbum: readonly BlobRef[];
  /** Only in this page: they have to be sent. */
  readonly here: readonly BlobRef[];
}

const batch = 500;
const sentAtOnce = 4;

/** The blobs that a graph reads from outside, each once. */
export function inputsOf(graph: JobGraph): readonly BlobRef[] {
  const found = new Map<string, BlobRef>();
  for (const { inputs } of graph.tasks)
    for (const input of inputs) if ("blob" in input) found.set(input.blob, input);
  return [...found.values()];
}

/** Asks where each input lies. `originals`: hashes of photos that the album keeps. */
export async function whereabouts(graph: JobGraph, originals: ReadonlySet<string>): Promise<Whereabouts> {
  const inputs = inputsOf(graph);
  const missing = new Set<string>();
  for (let at = 0; at < inputs.length; at += batch) {
    const { put } = await center.blobs({
      put: inputs.slice(at, at + batch).map(({ blob, bytes }) => ({ blob, bytes })),
    });
    for (const { blob, url } of put) if (url !== undefined) missing.add(blob);
  }
  return {
    there: inputs.filter(({ blob }) => !missing.has(blob)),
    inAlbum: inputs.filter(({ blob }) => missing.has(blob) && originals.has(blob)),
    here: inputs.filter(({ blob }) => missing.has(blob) && !originals.has(blob)),
  };
}

/** Brings every input to burst; `onSent` counts the bytes that went over this computer's uplink. */
export async function bringInputs(
  { inAlbum, here }: Whereabouts,
  blobs: Blobs,
  signal: AbortSignal,
  onSent: (bytes: number) => void,
): Promise<void> {
  const wanted = [...inAlbum, ...here];
  const copied = new Set(inAlbum.map(({ blob }) => blob));
  for (let at = 0; at < wanted.length; at += batch) {
    const { put } = await center.blobs({
      put: wanted.slice(at, at + batch).map(({ blob, bytes }) => ({ blob, bytes })),
    });
    const line = put.filter(({ url }) => url !== undefined);
    const lane = async (): Promise<void> => {
      for (let next = line.shift(); next !== undefined; next = line.shift()) {
        signal.throwIfAborted();
        const { blob, url = "", headers = {} } = next;
        if (copied.has(blob)) await ownServer.stage({ hash: blob, url, headers });
        else onSent(await send(blob, url, headers, blobs, signal));
      }
    };
    await Promise.all(Array.from({ length: sentAtOnce }, lane));
  }
}

/** Sends the graph; answers its hash. */
export async function putGraph(graph: JobGraph): Promise<string> {
  const text = new Blob([JSON.stringify(graph)]).stream().pipeThrough(new CompressionStream("gzip"));
  const packed = await new Response(text).blob();
  return await linkMeasure.up.during(
    async () => await center.putGraph(packed),
    () => packed.size,
  );
}

/** Whoever installs the app brings its kernels into the project; a page cannot vouch for code. Rejects with what to do when they are not there. */
export async function requireKernels({ packageHash }: Kernels, project: string): Promise<void> {
  if (await center.hasPackage(packageHash)) return;
  throw new Error(
    `The project ${project} does not have Darkroom's kernels yet. An owner brings them with: vdc kernels push examples/darkroom/dist/kernels --project ${project}`,
  );
}

/** Fetches blobs that burst made, verified by their hashes, into this page's memory. */
export async function fetchResults(
  hashes: readonly string[],
  blobs: Blobs,
  signal: AbortSignal,
  onBlob: (hash: string) => void,
): Promise<void> {
  const missing = [...new Set(hashes)].filter((hash) => blobs.get(hash) === undefined);
  for (let at = 0; at < missing.length; at += batch) {
    const { get } = await center.blobs({ get: missing.slice(at, at + batch) });
    const line = [...get];
    const lane = async (): Promise<void> => {
      for (let next = line.shift(); next !== undefined; next = line.shift()) {
        const bytes = next.inline === undefined ? await download(next.url, signal) : fromBase64(next.inline);
        if ((await sha256(bytes)) !== next.blob)
          throw new Error("A result is not what its hash says; it is not used.");
        blobs.put(next.blob, bytes);
        onBlob(next.blob);
      }
    };
    await Promise.all(Array.from({ length: sentAtOnce }, lane));
  }
}

async function download(url: string | undefined, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  if (url === undefined) throw new Error("A result is not in the store any more; run the merge again.");
  const fetching = async () => {
    const answer = await fetch(url, { signal });
    if (!answer.ok) throw new Error(`The object store did not give a result (${answer.status}).`);
    return new Uint8Array(await answer.arrayBuffer());
  };
  return await linkMeasure.down.during(fetching, ({ length }) => length);
}

async function send(
  hash: string,
  url: string,
  headers: Readonly<Record<string, string>>,
  blobs: Blobs,
  signal: AbortSignal,
): Promise<number> {
  const bytes = blobs.get(hash);
  if (bytes === undefined)
    throw new Error("What the cluster needs of this picture is not in this page any more.");
  const sending = async () => {
    const answer = await fetch(url, { method: "PUT", body: bytes, headers, signal });
    if (!answer.ok) throw new Error(`The object store refused a part of the picture (${answer.status}).`);
    return bytes.length;
  };
  return await linkMeasure.up.during(sending, (sent) => sent);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.codePointAt(0) ?? 0);
}

import { addPhotos, removePhotos } from "../data/album-changes.ts";
import type { AlbumStore } from "../data/album-store.ts";
import { linkMeasure } from "../data/link-measure.ts";
import { ownServer, type Photo, ServerRefusal } from "../data/own-server.ts";
import { openEngine } from "../engine/engine.ts";
import { sha256 } from "../engine/sha256.ts";
import { encodeJpeg } from "./encode-jpeg.ts";
import { provenanceOf } from "./provenance.ts";
import { resultTiles } from "./result-tiles.ts";
import type { RunRecord } from "./run-records.ts";

export interface SavedResult {
  readonly photo: Photo;
  readonly record: RunRecord;
  readonly taskIds: readonly string[];
}

const quality = 92;
const previewSide = 1_280;
const previewQuality = 0.82;

/** Puts a result into the album: as JPEG with its provenance, beside the photos that it is made of. */
export async function saveResult(given: {
  readonly store: AlbumStore;
  readonly results: ReadonlyMap<string, string>;
  /** Of the tasks that made them. */
  readonly taskIds: readonly string[];
  readonly record: RunRecord;
  readonly suffix: string;
  readonly job: string | undefined;
}): Promise<SavedResult> {
  const { store, results, taskIds, record, job } = given;
  const { size } = record;
  const engine = await openEngine();
  const album = store.read();
  const xmp = provenanceOf(album, engine.kernels, record, taskIds);
  const never = new AbortController().signal;
  const bytes = await encodeJpeg(engine, resultTiles(results, size), quality, xmp, never);
  const hash = await sha256(bytes);
  const preview = await previewOf(bytes);
  const first = album.photos.find((photo) => photo.hash === record.from[0]);
  const { takenAt, camera, lens, focalLength } = first?.exif ?? {};
  const exif = Object.fromEntries(
    Object.entries({ takenAt, camera, lens, focalLength }).filter(([, value]) => value !== undefined),
  ) as Photo["exif"]; // the same keys without the empty ones
  const photo: Photo = {
    hash,
    name: nameOf(first?.name ?? "photo", given.suffix),
    type: "image/jpeg",
    bytes: bytes.length,
    ...size,
    preview: preview.hash,
    exif,
    made: {
      from: record.from,
      as: record.as,
      package: record.package,
      ...(job === undefined ? {} : { job }),
      parameters: record.parameters,
    },
  };
  await upload(photo, bytes, preview);
  if (!album.photos.some((one) => one.hash === hash))
    await store.undoable(
      "saving the merge",
      (now) => addPhotos(now, [photo]),
      (now) => removePhotos(now, new Set([hash])),
    );
  return { photo, record, taskIds };
}

function nameOf(first: string, suffix: string): string {
  return `${first.replace(/\.[^.]*$/, "").slice(0, 200)}-${suffix}.jpg`;
}

interface Preview {
  readonly hash: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

async function previewOf(bytes: Uint8Array<ArrayBuffer>): Promise<Preview> {
  const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
  const scale = Math.min(1, previewSide / Math.max(bitmap.width, bitmap.height));
  const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("This browser gave no canvas for a preview.");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: previewQuality });
  const made = new Uint8Array(await blob.arrayBuffer());
  return { hash: await sha256(made), bytes: made };
}

async function upload(photo: Photo, bytes: Uint8Array<ArrayBuffer>, preview: Preview): Promise<void> {
  const [original = "", small = ""] = await ownServer.urls([
    { operation: "put", kind: "original", hash: photo.hash },
    { operation: "put", kind: "preview", hash: preview.hash },
  ]);
  for (const [url, body] of [
    [original, bytes],
    [small, preview.bytes],
  ] as const) {
    const sending = async () => {
      const answer = await fetch(url, { method: "PUT", body, headers: { "content-type": "image/jpeg" } });
      if (!answer.ok)
        throw new ServerRefusal(answer.status, `The object store refused the result (${answer.status}).`);
      return body.length;
    };
    await linkMeasure.up.during(sending, (sent) => sent);
  }
}

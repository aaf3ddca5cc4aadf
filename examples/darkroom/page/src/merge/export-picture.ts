import { type Provenance, xmpPacket } from "#darkroom/export/xmp.ts";
import { openEngine } from "../engine/engine.ts";
import { encodeJpeg } from "./encode-jpeg.ts";
import type { ExportAnswer, ExportFormat, ExportRequest } from "./export-worker.ts";
import { resultTiles, tileBytesOf } from "./result-tiles.ts";

export type FileFormat = "jpeg" | ExportFormat;

export const fileFormats: Readonly<
  Record<
    FileFormat,
    { readonly name: string; readonly ending: string; readonly type: string; readonly hasLight: boolean }
  >
> = {
  jpeg: { name: "JPEG", ending: "jpg", type: "image/jpeg", hasLight: false },
  png8: { name: "PNG, 8 bits", ending: "png", type: "image/png", hasLight: false },
  png16: { name: "PNG, 16 bits", ending: "png", type: "image/png", hasLight: false },
  tiff16: { name: "TIFF, 16 bits", ending: "tif", type: "image/tiff", hasLight: false },
  exr: { name: "OpenEXR", ending: "exr", type: "image/x-exr", hasLight: true },
  hdr: { name: "Radiance HDR", ending: "hdr", type: "image/vnd.radiance", hasLight: true },
};

export interface ExportWanted {
  readonly results: ReadonlyMap<string, string>;
  readonly size: { readonly width: number; readonly height: number };
  readonly name: string;
  readonly format: FileFormat;
  /** 1 … 100, for JPEG. */
  readonly quality: number;
  readonly provenance: Provenance;
}

/** Chromium's picker; TypeScript's library does not have it. */
type SavePicker = (options: {
  readonly suggestedName: string;
  readonly types: readonly { readonly accept: Readonly<Record<string, readonly string[]>> }[];
}) => Promise<FileSystemFileHandle>;

/** Writes a result to disk as a stream where the browser can, and as a download elsewhere. Answers its length; undefined when the user chose no file. */
export async function exportPicture(
  wanted: ExportWanted,
  signal: AbortSignal,
  onShare: (share: number) => void,
): Promise<number | undefined> {
  const { ending, type } = fileFormats[wanted.format];
  const name = `${wanted.name}.${ending}`;
  // Absent in browsers without it, which the type says.
  const { showSaveFilePicker } = window as { readonly showSaveFilePicker?: SavePicker };
  let file: FileSystemFileHandle | undefined;
  try {
    file = await showSaveFilePicker?.({
      suggestedName: name,
      types: [{ accept: { [type]: [`.${ending}`] } }],
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return undefined;
    // A browser that has the picker and forbids it here: a download does as well.
  }
  if (wanted.format === "jpeg") return await exportJpeg(wanted, file, name, signal);
  const answer = await inWorker({ ...wanted, format: wanted.format }, file, signal, onShare);
  if (answer.blob !== undefined) download(answer.blob, name);
  return answer.bytes;
}

async function exportJpeg(
  { results, size, quality, provenance }: ExportWanted,
  file: FileSystemFileHandle | undefined,
  name: string,
  signal: AbortSignal,
): Promise<number> {
  const xmp = xmpPacket(provenance);
  const bytes = await encodeJpeg(await openEngine(), resultTiles(results, size), quality, xmp, signal);
  if (file === undefined) download(new Blob([bytes], { type: "image/jpeg" }), name);
  else {
    const stream = await file.createWritable();
    await stream.write(bytes);
    await stream.close();
  }
  return bytes.length;
}

async function inWorker(
  { results, size, format, provenance }: ExportWanted & { readonly format: ExportFormat },
  file: FileSystemFileHandle | undefined,
  signal: AbortSignal,
  onShare: (share: number) => void,
): Promise<Extract<ExportAnswer, { kind: "done" }>> {
  const { blobs } = await openEngine();
  const tiles = resultTiles(results, size, fileFormats[format].hasLight ? "radiance " : "");
  const worker = new Worker(new URL("export-worker.ts", import.meta.url), { type: "module" });
  const { promise, resolve, reject } = Promise.withResolvers<Extract<ExportAnswer, { kind: "done" }>>();
  const send = (request: ExportRequest) => worker.postMessage(request, { transfer: [] });
  worker.addEventListener("message", ({ data }: MessageEvent<ExportAnswer>) => {
    if (data.kind === "failed") return reject(new Error(data.message));
    if (data.kind === "done") return resolve(data);
    onShare(data.row / tiles.rows.length);
    try {
      send({ kind: "row", tiles: (tiles.rows[data.row] ?? []).map((hash) => tileBytesOf(blobs, hash)) });
    } catch (error) {
      reject(error);
    }
  });
  worker.addEventListener("error", () => reject(new Error("The file's writer broke.")));
  signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true }); // aborts give errors
  try {
    send({ kind: "write", format, ...size, side: tiles.side, rows: tiles.rows.length, provenance, file });
    return await promise;
  } finally {
    worker.terminate();
  }
}

/** The address must outlive the click; a minute is enough for every browser to begin. */
const keepMs = 60_000;

function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), keepMs);
}

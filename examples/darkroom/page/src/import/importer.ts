import { useSyncExternalStore } from "react";
import { addPhotos, removePhotos } from "../data/album-changes.ts";
import type { AlbumStore } from "../data/album-store.ts";
import { linkMeasure } from "../data/link-measure.ts";
import { keepOriginal } from "../data/originals.ts";
import { ownServer, ServerRefusal, type Photo } from "../data/own-server.ts";
import { history } from "../lib/undo.ts";
import { start } from "../lib/start.ts";
import { wordsOf } from "../lib/words.ts";
import type { ImportAnswer } from "./import-worker.ts";

/** How far an import is. */
export interface ImportState {
  readonly total: number;
  readonly done: number;
  /** Were in the album already, or lay in the store. */
  readonly known: number;
  readonly failed: readonly { readonly name: string; readonly message: string }[];
  readonly bytesSent: number;
  readonly state: "idle" | "running" | "paused";
}

const idle: ImportState = { total: 0, done: 0, known: 0, failed: [], bytesSent: 0, state: "idle" };
const maxFiles = 5_000;
const maxFileBytes = 512 * 1024 ** 2;
const maxTries = 4;
const retryBaseMs = 1_000;
const sentAtOnce = 3;

/**
 * Brings files into an album in the background: each is read in a worker, its preview and original are put into the store under their hashes, and only then it is in the album.
 * An import that broke off is taken up by giving the same files again: what lies in the store is not sent twice.
 */
export class Importer {
  #state: ImportState = idle;
  readonly #listeners = new Set<() => void>();
  readonly #line: { readonly file: File; readonly album: AlbumStore }[] = [];
  #lanes = 0;
  #added: Photo[] = [];

  readonly read = () => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Puts files in line. Says how many were left out because they are too many or too large. */
  add(files: readonly File[], album: AlbumStore): number {
    const taken = files.filter(({ size }) => size > 0 && size <= maxFileBytes).slice(0, maxFiles);
    for (const file of taken) this.#line.push({ file, album });
    const before = this.#state.state === "idle" ? idle : this.#state;
    this.#show({ ...before, total: before.total + taken.length, state: "running" });
    this.#fill();
    return files.length - taken.length;
  }

  pause(): void {
    if (this.#state.state === "running") this.#show({ ...this.#state, state: "paused" });
  }

  resume(): void {
    if (this.#state.state !== "paused") return;
    this.#show({ ...this.#state, state: "running" });
    this.#fill();
  }

  #fill(): void {
    while (this.#lanes < sentAtOnce && this.#line.length > this.#lanes) {
      this.#lanes += 1;
      start("The import stopped", async () => {
        await this.#lane().finally(() => {
          this.#lanes -= 1;
          if (this.#lanes === 0 && this.#line.length === 0) this.#end();
        });
      });
    }
  }

  async #lane(): Promise<void> {
    const worker = new Worker(new URL("import-worker.ts", import.meta.url), { type: "module" });
    try {
      while (this.#state.state === "running") {
        const next = this.#line.shift();
        if (next === undefined) return;
        await this.#bring(worker, next.file, next.album);
      }
    } finally {
      worker.terminate();
    }
  }

  async #bring(worker: Worker, file: File, album: AlbumStore): Promise<void> {
    try {
      const read = await readIn(worker, file);
      const isKnown = album.read().photos.some(({ hash }) => hash === read.photo.hash);
      if (!isKnown) {
        const sent = await this.#store(read);
        await keepOriginal(read.photo.hash, read.bytes);
        await album.change((now) => addPhotos(now, [read.photo]));
        this.#added.push(read.photo);
        this.#show({ ...this.#state, bytesSent: this.#state.bytesSent + sent });
      }
      this.#show({
        ...this.#state,
        done: this.#state.done + 1,
        known: this.#state.known + (isKnown ? 1 : 0),
      });
    } catch (error) {
      const failed = [...this.#state.failed, { name: file.name, message: wordsOf(error) }];
      this.#show({ ...this.#state, done: this.#state.done + 1, failed });
    }
    if (this.#added.length > 0) this.#noteUndo(album);
  }

  /** Bytes that were sent. */
  async #store({ photo, preview, bytes }: ImportAnswer & { kind: "read" }): Promise<number> {
    return await patiently(async () => {
      const isThere = (await ownServer.have([photo.hash])).has(photo.hash);
      const items = [
        ...(preview === undefined
          ? []
          : [{ operation: "put", kind: "preview", hash: preview.hash } as const]),
        ...(isThere ? [] : [{ operation: "put", kind: "original", hash: photo.hash } as const]),
      ];
      if (items.length === 0) return 0;
      const urls = await ownServer.urls(items);
      let sent = 0;
      for (const [index, { kind }] of items.entries()) {
        const body = kind === "preview" ? (preview?.bytes ?? bytes) : bytes;
        const type = kind === "preview" ? "image/jpeg" : photo.type;
        await linkMeasure.up.during(
          async () => await put(urls[index] ?? "", body, type),
          () => body.length,
        );
        sent += body.length;
      }
      return sent;
    });
  }

  /** One step of undo for everything that came together. */
  #noteUndo(album: AlbumStore): void {
    if (this.#line.length > 0) return;
    const photos = this.#added;
    this.#added = [];
    const hashes = new Set(photos.map(({ hash }) => hash));
    history.push({
      label: `import of ${photos.length === 1 ? "a photo" : `${photos.length} photos`}`,
      undo: async () => await album.change((now) => removePhotos(now, hashes)),
      redo: async () => await album.change((now) => addPhotos(now, photos)),
    });
  }

  #end(): void {
    if (this.#state.state === "running") this.#show({ ...this.#state, state: "idle" });
  }

  #show(state: ImportState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

export const importer = new Importer();

export function useImport(): ImportState {
  return useSyncExternalStore(importer.subscribe, importer.read);
}

async function readIn(worker: Worker, file: File): Promise<ImportAnswer & { kind: "read" }> {
  const { promise, resolve, reject } = Promise.withResolvers<ImportAnswer & { kind: "read" }>();
  const over = new AbortController();
  const { signal } = over;
  worker.addEventListener(
    "message",
    ({ data }: MessageEvent<ImportAnswer>) =>
      data.kind === "read" ? resolve(data) : reject(new Error(data.message)),
    { signal },
  );
  worker.addEventListener("error", () => reject(new Error(`${file.name} broke its reader.`)), { signal });
  worker.postMessage(file, { transfer: [] });
  return await promise.finally(() => over.abort());
}

/** PUT to a signed address. */
async function put(url: string, bytes: Uint8Array<ArrayBuffer>, type: string): Promise<void> {
  const answer = await fetch(url, { method: "PUT", body: bytes, headers: { "content-type": type } });
  if (!answer.ok)
    throw new ServerRefusal(answer.status, `The object store refused a photo (${answer.status}).`);
  await answer.arrayBuffer(); // ends the request
}

/** Tries again with growing gaps: a network that comes and goes is no reason to begin anew. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      const isFinal = error instanceof ServerRefusal && error.status < 500;
      if (isFinal || tries >= maxTries) throw error;
      await new Promise((resolve) => setTimeout(resolve, retryBaseMs * 2 ** (tries - 1)));
    }
  }
}

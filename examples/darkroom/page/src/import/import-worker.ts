/// <reference lib="webworker" />
import { wordsOf } from "../lib/words.ts";
import { readPhoto, type ReadPhoto } from "./read-photo.ts";

declare const self: DedicatedWorkerGlobalScope;

export type ImportAnswer =
  | ({ readonly kind: "read"; readonly bytes: Uint8Array<ArrayBuffer> } & ReadPhoto)
  | { readonly kind: "refused"; readonly message: string };

/** Reads files one after the other, away from the page's own thread: hashing and decoding never hold up a scroll. */
self.addEventListener("message", ({ data }: MessageEvent<File>) => {
  // Only an answer that cannot be sent fails here; the page sees the worker break.
  send(data).catch((error: unknown) => reportError(error));
});

async function send(file: File): Promise<void> {
  const message = await answer(file).catch((error: unknown): ImportAnswer => ({
    kind: "refused",
    message: wordsOf(error),
  }));
  self.postMessage(message, { transfer: message.kind === "read" ? [message.bytes.buffer] : [] });
}

async function answer(file: File): Promise<ImportAnswer> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  return { kind: "read", bytes, ...(await readPhoto(file, bytes)) };
}

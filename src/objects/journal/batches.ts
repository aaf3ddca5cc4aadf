import type { Mutation, PlacedMutation } from "#objects/catalog/index-contract.ts";
import type { BlobPlace } from "#objects/records.ts";
import { FrameBuilder, mutationBytes } from "./frame.ts";
import type { Appended } from "./journal-contract.ts";

/** What one caller asked to append, until it is answered. */
export interface Batch {
  readonly mutations: readonly Mutation[];
  readonly bytes: number;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

export function batchBytes(mutations: readonly Mutation[]): number {
  let bytes = 0;
  for (const mutation of mutations) {
    bytes += 32 + mutation.key.byteLength;
    if (mutation.type === "put") bytes += mutation.value.byteLength + (mutation.blob?.byteLength ?? 0);
  }
  return bytes;
}

/** Takes batches for the next frame: as many as fit, at least one. */
export function takeBatches(waiting: Batch[], frameBytes: number): readonly Batch[] {
  let bytes = 0;
  let count = 0;
  for (const batch of waiting) {
    if (count > 0 && bytes + batch.bytes > frameBytes) break;
    bytes += batch.bytes;
    count += 1;
  }
  return waiting.splice(0, count);
}

export interface BuiltFrame {
  readonly sequence: number;
  readonly bytes: Buffer;
  readonly batches: readonly Batch[];
  /** Of each mutation, in order, relative to the frame. */
  readonly blobs: readonly (Omit<BlobPlace, "segment"> | undefined)[];
}

export function buildFrame(sequence: number, batches: readonly Batch[]): BuiltFrame {
  const mutations = batches.flatMap((batch) => batch.mutations);
  let bytes = 0;
  for (const mutation of mutations) bytes += mutationBytes(mutation);
  const builder = new FrameBuilder(sequence, bytes);
  const blobs = mutations.map((mutation) => builder.add(mutation));
  return { sequence, bytes: builder.finish(), batches, blobs };
}

/** Tells every caller where its changes lie. */
export function answerBatches(frame: BuiltFrame, segment: number, frameAt: number): void {
  let index = 0;
  for (const batch of frame.batches) {
    const placed = batch.mutations.map((mutation): PlacedMutation => {
      const blob = frame.blobs[index];
      index += 1;
      if (mutation.type === "remove") return { type: "remove", key: mutation.key, segment };
      const place = blob === undefined ? mutation.keep : { ...blob, segment, offset: frameAt + blob.offset };
      const { key, value } = mutation;
      return { type: "put", key, value, segment, ...(place === undefined ? {} : { place }) };
    });
    batch.resolve({ sequence: frame.sequence, mutations: placed });
  }
}

import { crc32 } from "node:zlib";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Mutation, PlacedMutation } from "#objects/catalog/index-contract.ts";
import type { Appended, Journal, SegmentView } from "#objects/journal/journal-contract.ts";
import type { BlobPlace } from "#objects/records.ts";

interface Frame {
  readonly sequence: number;
  readonly mutations: readonly PlacedMutation[];
}

/** A journal in memory with one segment. Batches of one turn of the event loop share a frame, as those of one sync do in the real one. */
export class MemoryJournal implements Journal {
  readonly #frames: Frame[] = [];
  readonly #blobs = new Map<number, Uint8Array>();
  #offset = 0;
  #gathering: Promise<number> | undefined;
  #waiting: PlacedMutation[] = [];
  /** When set, appends fail with it. */
  fault: Error | undefined;

  get lastSequence(): number {
    return this.#frames.at(-1)?.sequence ?? 0;
  }

  async append(mutations: readonly Mutation[]): Promise<Appended> {
    if (this.fault !== undefined) throw this.fault;
    const placed = mutations.map((mutation) => this.#place(mutation));
    this.#waiting.push(...placed);
    this.#gathering ??= this.#sync();
    return { sequence: await this.#gathering, mutations: placed };
  }

  async *replay(after: number): AsyncIterable<Frame> {
    for (const frame of this.#frames) if (frame.sequence > after) yield frame;
  }

  async readBlob(place: BlobPlace): Promise<Uint8Array> {
    const bytes = this.#blobs.get(place.offset);
    if (bytes === undefined || crc32(bytes) !== place.crc) throw new Error("no such blob in the journal");
    return bytes;
  }

  segments(): readonly SegmentView[] {
    return [
      {
        number: 1,
        firstSequence: 1,
        bytes: this.#offset,
        isOpen: true,
        ensemble: [0],
        whole: [0],
      },
    ];
  }

  async #sync(): Promise<number> {
    await nextTurn();
    if (this.fault !== undefined) throw this.fault;
    const sequence = this.lastSequence + 1;
    this.#frames.push({ sequence, mutations: this.#waiting });
    this.#waiting = [];
    this.#gathering = undefined;
    return sequence;
  }

  #place(mutation: Mutation): PlacedMutation {
    if (mutation.type === "remove") return { ...mutation, segment: 1 };
    const { key, value, blob, keep } = mutation;
    const place = blob === undefined ? keep : this.#write(blob);
    return { type: "put", key, value, segment: 1, ...(place === undefined ? {} : { place }) };
  }

  #write(blob: Uint8Array): BlobPlace {
    const place = { segment: 1, offset: this.#offset, length: blob.length, crc: crc32(blob) };
    // A copy: the real one has written the bytes when it answers, and callers may use their buffer again.
    this.#blobs.set(place.offset, Uint8Array.from(blob));
    this.#offset += blob.length + 1;
    return place;
  }
}

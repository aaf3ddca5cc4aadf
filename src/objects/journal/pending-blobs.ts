import type { Mutation } from "#objects/catalog/index-contract.ts";
import type { BlobPlace } from "#objects/records.ts";
import type { FrameMutation } from "./frame.ts";

/** The newest change of one key that the index may not know yet. */
export interface PendingRow {
  /** False until its frame was acknowledged: then `place` is its blob's. */
  isPlaced: boolean;
  place: BlobPlace | undefined;
  sequence: number;
}

export interface PendingMutation {
  readonly mutation: Mutation;
  /** Whose bytes the new row keeps. */
  readonly source: PendingRow | undefined;
  readonly row: PendingRow;
}

/**
 * Finds the bytes that a new row keeps: `keepBlobOf` may name a row whose own batch is still on its way. It means the row as it was before
 * the batch, so a batch may remove a row and keep its bytes under another key.
 */
export class PendingBlobs {
  readonly #rows = new Map<string, PendingRow>();
  readonly #placeOf: (key: Uint8Array) => BlobPlace | undefined;

  constructor(placeOf: (key: Uint8Array) => BlobPlace | undefined) {
    this.#placeOf = placeOf;
  }

  /** To be called in the order of the appends. */
  note(mutations: readonly Mutation[]): readonly PendingMutation[] {
    const pending = mutations.map((mutation) => ({
      mutation,
      source: mutation.type === "put" && mutation.keepBlobOf ? this.#find(mutation.keepBlobOf) : undefined,
      row: { isPlaced: false, place: undefined, sequence: 0 },
    }));
    for (const { mutation, row } of pending) this.#rows.set(nameOf(mutation.key), row);
    return pending;
  }

  #find(key: Uint8Array): PendingRow {
    return this.#rows.get(nameOf(key)) ?? { isPlaced: true, place: this.#placeOf(key), sequence: 0 };
  }

  /** Forgets rows of frames before this one: whoever appended them has applied them by now. */
  forgetBefore(sequence: number): void {
    for (const [name, row] of this.#rows)
      if (row.isPlaced && row.sequence < sequence) this.#rows.delete(name);
  }

  clear(): void {
    this.#rows.clear();
  }
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
}

export function toFrameMutation({ mutation, source }: PendingMutation): FrameMutation {
  if (mutation.type === "remove") return mutation;
  const { key, value, blob } = mutation;
  return { type: "put", key, value, blob, kept: blob === undefined ? source?.place : undefined };
}

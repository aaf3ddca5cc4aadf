import { assert } from "#lib/assert.ts";
import type { DataPath, Readable, Stored, StoreOptions } from "#objects/data-path.ts";
import type { SealRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import { BodyWriter } from "./body-writer.ts";
import type { DataPorts } from "./data-ports.ts";
import { ExtentReader } from "./extent-reader.ts";
import { Gather } from "./gather.ts";
import { HedgeBudget } from "./hedge-budget.ts";
import {
  blocksOf,
  newCustomerDataKey,
  newDataKey,
  openCustomerDataKey,
  plainBlockBytes,
  sealedRange,
  unwrapDataKey,
  type SealedKey,
} from "./seal.ts";
import { openStream, sealStream } from "./sealed-stream.ts";

/** `DataPath` over the drives of this machine. One for each process: what it has seen of the drives is shared by all requests. */
export class LocalDataPath implements DataPath {
  readonly #ports: DataPorts;
  readonly #reader: ExtentReader;

  constructor(ports: DataPorts) {
    this.#ports = ports;
    this.#reader = new ExtentReader(ports, new HedgeBudget(ports.health));
  }

  async store(source: AsyncIterable<Uint8Array>, options: StoreOptions): Promise<Stored> {
    const { signal, describe } = options;
    const iterator = source[Symbol.asyncIterator]();
    const head = new Gather();
    for (;;) {
      signal.throwIfAborted();
      const next = await iterator.next();
      if (next.done === true && (options.neverInline !== true || head.size === 0))
        return await this.#inline(head, options);
      if (next.done === true) break;
      head.push(next.value);
      if (head.size > this.#ports.sizes.inlineMaxBytes) break;
    }
    const sealed = this.#newKey(options);
    const plain = rejoin(head, iterator);
    const body = sealed === undefined ? plain : sealStream(sealed.key, plain);
    const writer = new BodyWriter(this.#ports, this.#reader, signal);
    const { extents, missingShards } = await writer.write(body, () => ({
      record: describe(),
      ...optional(sealed?.seal),
    }));
    return { data: { at: "extents", extents }, missingShards, ...optional(sealed?.seal) };
  }

  async *read(
    what: Readable,
    range: { readonly start: number; readonly end: number },
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { start, end } = range;
    assert(start >= 0 && end <= what.size, "a range lies inside");
    if (start >= end) return;
    let left = end - start;
    for await (const piece of this.#plain(what, start, end, signal)) {
      left -= piece.length;
      yield piece;
    }
    if (left !== 0) throw new S3Error("InternalError", "What was stored is not as long as its record says.");
  }

  discard(stored: Stored): void {
    if (stored.data.at === "extents") this.#ports.discard(stored.data.extents);
  }

  async #inline(head: Gather, options: StoreOptions): Promise<Stored> {
    const plain = head.take(head.size).contiguous();
    const sealed = this.#newKey(options);
    const seal = optional(sealed?.seal);
    if (plain.length === 0) return { data: { at: "none" }, missingShards: [], ...seal };
    const blob = sealed === undefined ? plain : await wholeOf(sealStream(sealed.key, only(plain)));
    return { data: { at: "inline", size: blob.length }, blob, missingShards: [], ...seal };
  }

  #newKey({ encrypt, customerKey }: StoreOptions): SealedKey | undefined {
    const { masterKeys, random } = this.#ports;
    if (customerKey !== undefined) return newCustomerDataKey(customerKey, random);
    return encrypt ? newDataKey(masterKeys, random) : undefined;
  }

  #keyOf({ customerKey }: Readable, seal: SealRecord): Uint8Array {
    if (seal.customer !== true) return unwrapDataKey(this.#ports.masterKeys, seal);
    const key = customerKey === undefined ? undefined : openCustomerDataKey(customerKey, seal);
    // Operations refuse a wrong key before they read.
    if (key === undefined) throw new S3Error("AccessDenied", "The body was sealed for another key.");
    return key;
  }

  async *#plain(what: Readable, start: number, end: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    if (what.seal === undefined) return yield* this.#stored(what, start, end, signal);
    const key = this.#keyOf(what, what.seal);
    const sealed = sealedRange(what.size, start, end);
    const stored = this.#stored(what, sealed.start, sealed.end, signal);
    let at = sealed.firstBlock * plainBlockBytes;
    for await (const block of openStream(key, stored, sealed.firstBlock, blocksOf(what.size))) {
      yield block.subarray(Math.max(0, start - at), Math.min(block.length, end - at));
      at += block.length;
    }
  }

  async *#stored(
    what: Readable,
    start: number,
    end: number,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    if (what.data.at === "extents")
      return yield* this.#reader.read(
        what.data.extents,
        start,
        end,
        signal,
        what.isLent === true && what.seal === undefined,
      );
    const blob = await this.#ports.readBlob(what.data.place, signal);
    yield blob.subarray(start, end);
  }
}

async function* rejoin(head: Gather, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* head.take(head.size).list;
    for (;;) {
      const next = await rest.next();
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await rest.return?.();
  }
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function wholeOf(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const gather = new Gather();
  for await (const piece of source) gather.push(piece);
  return gather.take(gather.size).contiguous();
}

function optional(seal: SealRecord | undefined): { readonly seal?: SealRecord } {
  return seal === undefined ? {} : { seal };
}

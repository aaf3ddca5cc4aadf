import { setImmediate as nextTurn } from "node:timers/promises";
import type { Random } from "#lib/random.ts";
import type { DataPath, Readable, StoreOptions, Stored } from "#objects/data-path.ts";
import { newCustomerDataKey } from "#objects/data/seal.ts";
import type { Journal } from "#objects/journal/journal-contract.ts";
import { chunkBytes, inlineMaxBytes } from "#objects/limits.ts";
import type { SealRecord } from "#objects/records.ts";

const pieceBytes = 1024 * 1024;

/** Small bodies travel in the journal, others are kept in a map, as extents of one shard on drive 0. Nothing is really sealed. */
export function memoryDataPath(journal: Journal, random: Random): DataPath {
  const extents = new Map<string, Uint8Array>();
  const bytesOf = async (what: Readable): Promise<Uint8Array> => {
    if (what.data.at === "inline") return await journal.readBlob(what.data.place);
    return Buffer.concat(
      what.data.extents.map(({ id }) => {
        const bytes = extents.get(id);
        if (bytes === undefined) throw new Error("no such extent");
        return bytes;
      }),
    );
  };
  return {
    store: async (source, options) => {
      const body = await gathered(source);
      options.signal.throwIfAborted();
      if (body.length <= inlineMaxBytes)
        return {
          data: { at: "inline", size: body.length },
          blob: body,
          missingShards: [],
          ...sealOf(options, random),
        };
      const id = Buffer.from(random.bytes(16)).toString("hex");
      extents.set(id, body);
      options.describe();
      const extent = { id, size: body.length, k: 1, m: 0, chunkBytes, drives: [0] };
      return { data: { at: "extents", extents: [extent] }, missingShards: [], ...sealOf(options, random) };
    },
    async *read(what, { start, end }, signal) {
      const bytes = await bytesOf(what);
      for (let at = start; at < end; at += pieceBytes) {
        await nextTurn();
        signal.throwIfAborted();
        yield Uint8Array.from(bytes.subarray(at, Math.min(end, at + pieceBytes)));
      }
    },
    discard: (stored: Stored) => {
      if (stored.data.at === "extents") for (const { id } of stored.data.extents) extents.delete(id);
    },
  };
}

async function gathered(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(Uint8Array.from(piece));
  return Buffer.concat(pieces);
}

function sealOf(options: StoreOptions, random: Random): { readonly seal?: SealRecord } {
  if (options.customerKey !== undefined)
    return { seal: newCustomerDataKey(options.customerKey, random).seal };
  return options.encrypt ? { seal: { algorithm: "AES256", masterKeyId: "memory", wrappedKey: "" } } : {};
}

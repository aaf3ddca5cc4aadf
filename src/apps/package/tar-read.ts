import { ByteReader } from "./byte-reader.ts";
import { refused } from "./refuse.ts";
import { maxExtendedBytes, readTarHeader, type Extended, type TarHeader } from "./tar-header.ts";

export interface TarEntry extends TarHeader {
  /** What was not read when the next entry is asked for is skipped. */
  readonly body: AsyncIterable<Uint8Array>;
}

const block = 512;
/** Zeros that may follow the end of an archive: tar programs fill up to their record. */
const maxTrailingBytes = 1024 * 1024;

/**
 * The entries of a tar (ustar, pax, GNU long names), one after the other, in constant memory. Stricter than tar programs:
 * what two of them could read differently is refused, and an archive without its end is not whole. What an entry may be
 * called and be is for the caller to judge. `what` names the archive in messages.
 */
export async function* readTar(source: AsyncIterable<Uint8Array>, what: string): AsyncGenerator<TarEntry> {
  const reader = new ByteReader(source);
  try {
    for (;;) {
      const header = await nextHeader(reader, what);
      if (header === undefined) return await readEnd(reader, what);
      let left = header.size;
      const body = (async function* () {
        while (left > 0) {
          const chunk = await reader.some(left);
          if (chunk === undefined) throw truncated(header.name);
          left -= chunk.byteLength;
          yield chunk;
        }
      })();
      yield { ...header, body };
      for await (const _ of body); // what the caller left
      await skipPadding(reader, header);
    }
  } finally {
    await reader.close();
  }
}

/** The header of the next entry with what pax and GNU headers before it say of it; undefined at the archive's end. */
async function nextHeader(reader: ByteReader, what: string): Promise<TarHeader | undefined> {
  const extended: Extended = {};
  // A pax header, a global one and two GNU ones are the most that belong to one entry.
  for (let headers = 0; headers < 5; headers += 1) {
    const bytes = await reader.exactly(block);
    if (bytes.byteLength < block) throw truncated(what);
    if (bytes.every((byte) => byte === 0)) {
      if (headers > 0) throw truncated(what);
      return undefined;
    }
    const header = readTarHeader(bytes, what, extended);
    if (header.extends === undefined) return header;
    if (header.size > maxExtendedBytes)
      throw refused("limit", header.name, `a tar's extended header is larger than ${maxExtendedBytes} bytes`);
    const body = await reader.exactly(header.size);
    if (body.byteLength < header.size) throw truncated(what);
    await skipPadding(reader, header);
    header.extends(body, extended);
  }
  throw refused("not-a-package", what, "too many extended headers belong to one entry of a tar");
}

async function skipPadding(reader: ByteReader, header: TarHeader): Promise<void> {
  const padding = (block - (header.size % block)) % block;
  if (padding > 0 && (await reader.exactly(padding)).byteLength < padding) throw truncated(header.name);
}

/** The second block of zeros, then nothing but zeros. */
async function readEnd(reader: ByteReader, what: string): Promise<void> {
  const second = await reader.exactly(block);
  if (second.byteLength < block) throw truncated(what);
  let chunk: Uint8Array | undefined = second;
  let trailing = 0;
  while (chunk !== undefined) {
    trailing += chunk.byteLength;
    if (trailing > maxTrailingBytes || chunk.some((byte) => byte !== 0))
      throw refused("not-a-package", what, "something follows the end of the tar");
    chunk = await reader.some(65_536);
  }
}

function truncated(what: string): Error {
  return refused("truncated", what, "it ends too early");
}

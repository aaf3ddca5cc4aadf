import type { Disk, DiskFile } from "#objects/disk.ts";
import { segmentPath } from "#objects/drive/paths.ts";
import { frameHeaderBytes, isPayloadGood, nextMagic, readFrameHeader, type FrameHeader } from "./frame.ts";
import { batchBytesMax } from "./limits.ts";

export interface ReadFrame {
  readonly header: FrameHeader;
  readonly at: number;
  readonly end: number;
  /** Header and payload, verified. */
  readonly bytes: Buffer;
}

/** Read at once; a longer frame takes what it needs. */
const windowBytes = 1024 * 1024;

/** Reads one copy of a segment from its beginning to its end. */
export class CopyReader {
  readonly drive: number;
  readonly #disk: Disk;
  readonly #number: number;
  readonly #incarnation: string;
  #file: DiskFile | undefined;
  #window: Buffer = Buffer.alloc(0);
  #windowAt = 0;
  /** Set when the drive failed: nothing that this copy does not show means anything. */
  failure: unknown;

  constructor(drive: number, disk: Disk, segment: { readonly number: number; readonly incarnation: string }) {
    this.drive = drive;
    this.#disk = disk;
    this.#number = segment.number;
    this.#incarnation = segment.incarnation;
  }

  /** The frame that begins at `at`; undefined when no valid one does, or the drive failed. */
  async frameAt(at: number): Promise<ReadFrame | undefined> {
    const header = await this.#headerAt(at);
    if (header === undefined || header.payloadLength > batchBytesMax * 2) return undefined;
    const end = at + frameHeaderBytes + header.payloadLength;
    const bytes = await this.#bytes(at, end - at);
    if (bytes === undefined || !isPayloadGood(header, bytes.subarray(frameHeaderBytes))) return undefined;
    return { header, at, end, bytes };
  }

  async #headerAt(at: number): Promise<FrameHeader | undefined> {
    const bytes = await this.#bytes(at, frameHeaderBytes);
    return bytes === undefined ? undefined : readFrameHeader(bytes, 0, this.#incarnation);
  }

  /** Whether any whole frame above `sequence` begins behind `from`: then something before it is lost. */
  async hasFrameAbove(sequence: number, from: number): Promise<boolean> {
    for (let at = from; ;) {
      const window = await this.#bytes(at, frameHeaderBytes);
      if (window === undefined) return false;
      const rest = this.#window.subarray(at - this.#windowAt);
      const hit = nextMagic(rest, 0);
      if (hit < 0) {
        at += Math.max(1, rest.byteLength - 3);
        continue;
      }
      const frame = await this.frameAt(at + hit);
      if (frame !== undefined && !frame.header.isSeal && frame.header.sequence > sequence) return true;
      at += hit + 1;
    }
  }

  /** Undefined at the end of the file and after a failure. A view of the window, which is never written again. */
  async #bytes(at: number, length: number): Promise<Buffer | undefined> {
    const inside = at - this.#windowAt;
    if (inside >= 0 && inside + length <= this.#window.byteLength)
      return this.#window.subarray(inside, inside + length);
    if (this.failure !== undefined) return undefined;
    try {
      this.#file ??= await this.#disk.open(segmentPath(this.#number), "read");
      const window = Buffer.allocUnsafeSlow(Math.max(windowBytes, length));
      const count = await this.#file.read(window, at);
      this.#window = window.subarray(0, count);
      this.#windowAt = at;
      return count < length ? undefined : this.#window.subarray(0, length);
    } catch (error) {
      this.failure = error;
      return undefined;
    }
  }

  async close(): Promise<void> {
    try {
      await this.#file?.close();
    } catch {
      // It was only read: nothing is lost.
    }
  }
}

/** The frames of a sealed segment in order, each from the first copy that holds it whole. Undefined at the end means that none does. */
export async function* unionOfCopies(
  readers: readonly CopyReader[],
  range: { readonly from: number; readonly to: number; readonly firstSequence: number },
): AsyncGenerator<ReadFrame | undefined> {
  let sequence = range.firstSequence;
  for (let at = range.from; at < range.to;) {
    let found: ReadFrame | undefined;
    for (const reader of readers) {
      found = await reader.frameAt(at);
      if (found?.header.sequence === sequence && !found.header.isSeal) break;
      found = undefined;
    }
    yield found;
    if (found === undefined) return;
    at = found.end;
    sequence += 1;
  }
}

import type { Disk } from "#objects/disk.ts";
import { diskErrorCode } from "#objects/drive/disk-error.ts";
import { journalFolder, segmentNumber, segmentPath } from "#objects/drive/paths.ts";
import { frameHeaderBytes, readFrameHeader } from "./frame.ts";
import {
  decodeSegmentHeader,
  segmentHeaderBytes,
  type SealedAt,
  type SegmentHeader,
} from "./segment-header.ts";

/** A segment of which at least one copy has a good header, and where those copies are. */
export interface FoundSegment {
  readonly header: SegmentHeader;
  readonly drives: readonly number[];
}

export interface Survey {
  readonly segments: readonly FoundSegment[];
  /** The highest number that any file has: never used again. */
  readonly highestNumber: number;
  /** Drives that could be read. */
  readonly readable: readonly number[];
}

/** Reads the header of every segment file of every drive; a drive that fails counts as not there. */
export async function surveyDrives(
  drives: readonly { readonly number: number; readonly disk: Disk }[],
  storeId: string,
): Promise<Survey> {
  const found = new Map<string, { header: SegmentHeader; drives: number[] }>();
  const readable: number[] = [];
  let highestNumber = 0;
  const surveyOne = async ({ number, disk }: { readonly number: number; readonly disk: Disk }) => {
    const names = await segmentNumbers(disk);
    const headers: SegmentHeader[] = [];
    for (const segment of names) {
      const header = await readHeader(disk, segment);
      if (header?.storeId === storeId && header.number === segment) headers.push(header);
    }
    // Only now: a drive that fails half way has said nothing.
    readable.push(number);
    highestNumber = Math.max(highestNumber, ...names);
    for (const header of headers) {
      const key = segmentKey(header);
      const known = found.get(key) ?? { header, drives: [] };
      known.drives.push(number);
      found.set(key, known);
    }
  };
  // A failure is no answer, and says so by not being readable.
  await Promise.allSettled(drives.map(surveyOne));
  return { segments: [...found.values()], highestNumber, readable };
}

export function segmentKey(segment: { readonly number: number; readonly incarnation: string }): string {
  return `${segment.number}-${segment.incarnation}`;
}

/** Numbers of the files of segments on one drive. */
export async function segmentNumbers(disk: Disk): Promise<readonly number[]> {
  try {
    const names = await disk.list(journalFolder);
    return names.map((name) => segmentNumber(name)).filter((number) => number !== undefined);
  } catch (error) {
    if (diskErrorCode(error) === "ENOENT") return [];
    throw error;
  }
}

async function readHeader(disk: Disk, number: number): Promise<SegmentHeader | undefined> {
  const file = await disk.open(segmentPath(number), "read");
  try {
    const bytes = Buffer.alloc(segmentHeaderBytes);
    await file.read(bytes, 0);
    return decodeSegmentHeader(bytes);
  } finally {
    await file.close();
  }
}

/** Whether the copy carries the seal that is written when all before it is durable. */
export async function isSealed(disk: Disk, segment: SealedAt): Promise<boolean> {
  try {
    const file = await disk.open(segmentPath(segment.number), "read");
    try {
      const bytes = Buffer.alloc(frameHeaderBytes);
      await file.read(bytes, segment.length);
      const header = readFrameHeader(bytes, 0, segment.incarnation);
      return header?.isSeal === true && header.sequence === segment.lastSequence;
    } finally {
      await file.close();
    }
  } catch {
    return false; // it is read whole before anything is said of it
  }
}

import type { Disk, DiskFile } from "#objects/disk.ts";
import { segmentPath } from "#objects/drive/paths.ts";
import { decodeWitness, type Witness, type WitnessFile } from "#objects/drive/witness.ts";
import { findChain } from "./chain.ts";
import { CopyReader } from "./copy-reader.ts";
import { sealFrame } from "./frame.ts";
import type { JournalDrives } from "./journal-drives.ts";
import { JournalError } from "./journal-error.ts";
import type { CopyState, SealedSegment } from "./sealed-segment.ts";
import { segmentHeaderBytes } from "./segment-header.ts";
import { isSealed, surveyDrives, type FoundSegment } from "./survey.ts";

export interface Recovered {
  /** Oldest first; all of them sealed now. Empty: a new store. */
  readonly segments: readonly SealedSegment[];
  readonly highestNumber: number;
  readonly oldest: number;
}

/** Finds the newest state that was acknowledged and makes it durable on every drive of the last segment that is there. */
export async function recover(options: {
  readonly storeId: string;
  readonly drives: JournalDrives;
  readonly forgotten: readonly number[];
  readonly witness: WitnessFile;
}): Promise<Recovered> {
  const { drives, forgotten } = options;
  const witness = await readWitness(options.witness, options.storeId);
  const survey = await surveyDrives(drives.present(), options.storeId);
  const diskOf = (number: number) => drives.disk(number);
  const chain = await findChain({
    survey,
    witness,
    configured: drives.numbers,
    forgotten,
    lastSequence: async (segment) => (await compareCopies(segment, diskOf)).lastSequence,
  });
  const highestNumber = Math.max(survey.highestNumber, witness?.segment ?? 0);
  const head = chain.at(-1);
  if (head === undefined) return { segments: [], highestNumber, oldest: 1 };
  const last = await recoverHead(head, { diskOf, forgotten, witness });
  const segments = await Promise.all(
    chain.slice(0, -1).map((segment, index) => sealedBy(segment, chain[index + 1], diskOf)),
  );
  return { segments: [...segments, last], highestNumber, oldest: head.header.oldest };
}

async function readWitness(file: WitnessFile, storeId: string): Promise<Witness | undefined> {
  const bytes = await file.read();
  const witness = bytes === undefined ? undefined : decodeWitness(bytes);
  return witness?.storeId === storeId ? witness : undefined;
}

type DiskOf = (number: number) => Disk | undefined;

async function sealedBy(
  segment: FoundSegment,
  next: FoundSegment | undefined,
  diskOf: DiskOf,
): Promise<SealedSegment> {
  const sealed = next?.header.previous;
  if (sealed === undefined) throw new JournalError("damaged", "a segment of the chain is not sealed");
  const states = await Promise.all(
    segment.drives.map(async (drive): Promise<[number, CopyState]> => {
      const disk = diskOf(drive);
      return [drive, disk !== undefined && (await isSealed(disk, sealed)) ? "whole" : "unverified"];
    }),
  );
  const { length, lastSequence } = sealed;
  return { header: segment.header, length, lastSequence, copies: new Map(states) };
}

interface Compared {
  /** Where the union of all copies ends. */
  readonly length: number;
  readonly lastSequence: number;
  /** What each copy lacks of it. */
  readonly lacking: ReadonlyMap<number, readonly { readonly at: number; readonly bytes: Uint8Array }[]>;
  /**
   * A frame is on no copy although a later one is: damage, not the end, for a frame is only begun when the one before it was acknowledged.
   */
  readonly hasHole: boolean;
  /** Drives that failed while they were read. */
  readonly failed: readonly number[];
}

/** Reads all copies of an open segment side by side. */
async function compareCopies(segment: FoundSegment, diskOf: DiskOf): Promise<Compared> {
  const readers = segment.drives.flatMap((drive) => {
    const disk = diskOf(drive);
    return disk === undefined ? [] : [new CopyReader(drive, disk, segment.header)];
  });
  const lacking = new Map<number, { at: number; bytes: Uint8Array }[]>();
  let length = segmentHeaderBytes;
  let lastSequence = segment.header.firstSequence - 1;
  try {
    for (;;) {
      const read = await Promise.all(readers.map((reader) => reader.frameAt(length)));
      const good = read.map((frame) => isNext(frame, lastSequence));
      const frame = read[good.indexOf(true)];
      if (frame === undefined) break;
      for (const [index, reader] of readers.entries()) {
        if (good[index] === true) continue;
        const list = lacking.get(reader.drive) ?? [];
        list.push({ at: length, bytes: frame.bytes });
        lacking.set(reader.drive, list);
      }
      length = frame.end;
      lastSequence += 1;
    }
    const holes = await Promise.all(readers.map((reader) => reader.hasFrameAbove(lastSequence + 1, length)));
    const failed = readers.filter((reader) => reader.failure !== undefined).map((reader) => reader.drive);
    return { length, lastSequence, lacking, failed, hasHole: holes.includes(true) };
  } finally {
    await Promise.all(readers.map((reader) => reader.close()));
  }
}

function isNext(
  frame: { readonly header: { readonly sequence: number; readonly isSeal: boolean } } | undefined,
  last: number,
): boolean {
  return frame !== undefined && !frame.header.isSeal && frame.header.sequence === last + 1;
}

async function recoverHead(
  head: FoundSegment,
  context: {
    readonly diskOf: DiskOf;
    readonly forgotten: readonly number[];
    readonly witness: Witness | undefined;
  },
): Promise<SealedSegment> {
  const compared = await compareCopies(head, context.diskOf);
  const readable = head.drives.filter((drive) => !compared.failed.includes(drive));
  const { witness } = context;
  const isAllThere = witness?.isClosed === true && compared.lastSequence >= witness.sequence;
  if (!isAllThere) requireCopies(head, readable, context.forgotten);
  if (compared.hasHole)
    throw new JournalError(
      "damaged",
      `frame ${compared.lastSequence + 1} of the journal is whole on none of the drives that are there, but later ones are`,
      head.header.ensemble.filter((drive) => !readable.includes(drive)),
    );
  if (compared.lastSequence < (context.witness?.sequence ?? 0))
    throw new JournalError(
      "stale-drives",
      `the drives that are there know the journal up to ${compared.lastSequence}, but it was at ${context.witness?.sequence}`,
      head.header.drives.filter((drive) => !readable.includes(drive)),
    );
  const states = await Promise.all(
    readable.map(async (drive): Promise<[number, CopyState]> => {
      const isWhole = await completeCopy(context.diskOf(drive), head, compared, drive);
      return [drive, isWhole ? "whole" : "damaged"];
    }),
  );
  if (!states.some(([, state]) => state === "whole"))
    throw new JournalError("too-few-drives", "no drive could make the end of the journal durable", readable);
  const { length, lastSequence } = compared;
  return { header: head.header, length, lastSequence, copies: new Map(states) };
}

/** Any set of copies that is so large holds everything that was acknowledged. */
function requireCopies(head: FoundSegment, readable: readonly number[], forgotten: readonly number[]): void {
  const { ensemble, acks } = head.header;
  const there = ensemble.filter((drive) => readable.includes(drive)).length;
  const givenUp = ensemble.filter((drive) => !readable.includes(drive) && forgotten.includes(drive)).length;
  if (there >= 1 && there + givenUp >= ensemble.length - acks + 1) return;
  const missing = ensemble.filter((drive) => !readable.includes(drive));
  throw new JournalError(
    "too-few-drives",
    `too few copies of the journal's newest segment can be read; missing: ${missing.join(", ")}`,
    missing,
  );
}

/**
 * What a killed process had written and not synced reads well, and is not durable. A sync alone does not make it so: after one that failed, the system takes what it could not
 * write for written (fsyncgate, PostgreSQL 2018). So all frames are written again before they are synced.
 */
async function completeCopy(
  disk: Disk | undefined,
  head: FoundSegment,
  compared: Compared,
  drive: number,
): Promise<boolean> {
  if (disk === undefined) return false;
  try {
    const file = await disk.open(segmentPath(head.header.number), "write");
    try {
      await writeAgain(disk, head, file, compared.length);
      for (const { at, bytes } of compared.lacking.get(drive) ?? []) await file.write(bytes, at);
      await file.sync();
      await file.write(sealFrame(compared.lastSequence, head.header.incarnation), compared.length);
      await file.sync();
      return true;
    } finally {
      await file.close();
    }
  } catch {
    return false; // the repair makes a copy elsewhere
  }
}

const rewriteBytes = 4 * 1024 * 1024;

/** Writes the frames of a copy over themselves, as far as they are there. */
async function writeAgain(disk: Disk, head: FoundSegment, file: DiskFile, length: number): Promise<void> {
  const source = await disk.open(segmentPath(head.header.number), "read");
  try {
    const end = Math.min(length, await source.size());
    for (let at = segmentHeaderBytes; at < end; at += rewriteBytes) {
      const bytes = new Uint8Array(Math.min(rewriteBytes, end - at));
      const count = await source.read(bytes, at);
      await file.write(bytes.subarray(0, count), at);
    }
  } finally {
    await source.close();
  }
}

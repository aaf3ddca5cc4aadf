import type { Disk, DiskFile } from "#objects/disk.ts";
import { diskErrorCode } from "#objects/drive/disk-error.ts";
import { journalFolder, segmentName, segmentPath, temporaryFolder } from "#objects/drive/paths.ts";
import { CopyReader, unionOfCopies, type ReadFrame } from "./copy-reader.ts";
import { sealFrame } from "./frame.ts";
import type { JournalDrives } from "./journal-drives.ts";
import { JournalError } from "./journal-error.ts";
import { readingOrder, type CopyState, type SealedSegment } from "./sealed-segment.ts";
import { encodeSegmentHeader, segmentHeaderBytes } from "./segment-header.ts";
import { segmentKey, segmentNumbers, surveyDrives } from "./survey.ts";

export interface CopyCheck {
  readonly drive: number;
  /** `unverified`: the drive could not be read. */
  readonly state: CopyState;
}

export interface RepairProgress {
  readonly doneSegments: number;
  readonly totalSegments: number;
  readonly copiedBytes: number;
  /** Numbers of segments that still have too few whole copies: no drive could take one, or none could be read. */
  readonly short: readonly number[];
}

/** Reads, checks and copies sealed segments. */
export class SegmentCare {
  readonly #drives: JournalDrives;
  readonly #onReplaced: (drive: number) => void;

  constructor(drives: JournalDrives, onReplaced: (drive: number) => void) {
    this.#drives = drives;
    this.#onReplaced = onReplaced;
  }

  #reader(segment: SealedSegment, drive: number): CopyReader | undefined {
    const disk = this.#drives.disk(drive);
    return disk === undefined ? undefined : new CopyReader(drive, disk, segment.header);
  }

  /** All frames, each from the first copy that has it whole. Throws `JournalError` when none has. */
  async *frames(segment: SealedSegment): AsyncGenerator<ReadFrame> {
    const readers = readingOrder(segment)
      .map((drive) => this.#reader(segment, drive))
      .filter((reader) => reader !== undefined);
    const { firstSequence, number } = segment.header;
    try {
      const range = { from: segmentHeaderBytes, to: segment.length, firstSequence };
      for await (const frame of unionOfCopies(readers, range)) {
        if (frame === undefined)
          throw new JournalError(
            "damaged",
            `a frame of segment ${number} is whole on no drive`,
            readingOrder(segment),
          );
        yield frame;
      }
    } finally {
      await Promise.all(readers.map((reader) => reader.close()));
    }
  }

  async verify(segment: SealedSegment): Promise<readonly CopyCheck[]> {
    const checks: CopyCheck[] = [];
    for (const drive of segment.copies.keys()) {
      const state = await this.#check(segment, drive);
      segment.copies.set(drive, state);
      checks.push({ drive, state });
    }
    return checks;
  }

  async #check(segment: SealedSegment, drive: number): Promise<CopyState> {
    const reader = this.#reader(segment, drive);
    if (reader === undefined) return "unverified";
    try {
      let at = segmentHeaderBytes;
      for (let sequence = segment.header.firstSequence; at < segment.length; sequence += 1) {
        const frame = await reader.frameAt(at);
        if (frame?.header.sequence !== sequence || frame.header.isSeal) break;
        at = frame.end;
      }
      if (reader.failure !== undefined && diskErrorCode(reader.failure) !== "ENOENT") return "unverified";
      return at === segment.length ? "whole" : "damaged";
    } finally {
      await reader.close();
    }
  }

  /** One after the other, so that serving is not disturbed much. */
  async repair(
    segments: readonly SealedSegment[],
    options: {
      readonly storeId: string;
      readonly progress?: ((state: RepairProgress) => void) | undefined;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<RepairProgress> {
    await this.#discover(segments, options.storeId);
    const work = segments.filter((segment) => !this.#isSafe(segment));
    let state: RepairProgress = {
      doneSegments: 0,
      totalSegments: work.length,
      copiedBytes: 0,
      short: [],
    };
    for (const segment of work) {
      options.signal?.throwIfAborted();
      const copied = await this.#repairOne(segment);
      state = {
        ...state,
        doneSegments: state.doneSegments + 1,
        copiedBytes: state.copiedBytes + copied,
        short: this.#isSafe(segment) ? state.short : [...state.short, segment.header.number],
      };
      options.progress?.(state);
    }
    return state;
  }

  /** Copies on drives that came back. */
  async #discover(segments: readonly SealedSegment[], storeId: string): Promise<void> {
    const survey = await surveyDrives(this.#drives.present(), storeId);
    const found = new Map(survey.segments.map((segment) => [segmentKey(segment.header), segment.drives]));
    for (const segment of segments)
      for (const drive of found.get(segmentKey(segment.header)) ?? [])
        if (!segment.copies.has(drive)) segment.copies.set(drive, "unverified");
  }

  #kept(segment: SealedSegment): readonly number[] {
    const whole = [...segment.copies].filter(([, state]) => state === "whole").map(([drive]) => drive);
    return whole.filter((drive) => this.#drives.isKeeping(drive));
  }

  #isSafe(segment: SealedSegment): boolean {
    return this.#kept(segment).length >= this.#drives.layout.copies;
  }

  async #repairOne(segment: SealedSegment): Promise<number> {
    for (const [drive, state] of segment.copies)
      if (state === "unverified") segment.copies.set(drive, await this.#check(segment, drive));
    let copied = 0;
    const tried: number[] = [];
    while (!this.#isSafe(segment)) {
      const except = [...this.#kept(segment), ...tried];
      const rotation = segment.header.number;
      const drive = this.#drives.choose({ copies: 1, acks: 1, rotation, except })?.[0];
      const disk = drive === undefined ? undefined : this.#drives.disk(drive);
      if (drive === undefined || disk === undefined) break;
      tried.push(drive);
      try {
        await this.#copyTo(disk, segment);
      } catch {
        continue; // another drive; whether enough were found is said at the end
      }
      segment.copies.set(drive, "whole");
      this.#onReplaced(drive);
      copied += segment.length;
    }
    return copied;
  }

  async #copyTo(disk: Disk, segment: SealedSegment): Promise<void> {
    const { number, incarnation } = segment.header;
    const draft = `${temporaryFolder}/${segmentName(number)}`;
    await removeIfThere(disk, draft);
    const file = await disk.create(draft);
    try {
      await this.#writeFrames(file, segment);
      await file.sync();
      await file.write(sealFrame(segment.lastSequence, incarnation), segment.length);
      await file.sync();
    } finally {
      await file.close();
    }
    await disk.rename(draft, segmentPath(number));
    await disk.syncDirectory(temporaryFolder);
    await disk.syncDirectory(journalFolder);
  }

  async #writeFrames(file: DiskFile, segment: SealedSegment): Promise<void> {
    await file.write(encodeSegmentHeader(segment.header), 0);
    let at = segmentHeaderBytes;
    let frames: Buffer[] = [];
    let bytes = 0;
    const flush = async () => {
      await file.write(Buffer.concat(frames), at);
      at += bytes;
      frames = [];
      bytes = 0;
    };
    for await (const frame of this.frames(segment)) {
      frames.push(frame.bytes);
      bytes += frame.bytes.byteLength;
      if (bytes >= copyBytes) await flush();
    }
    await flush();
  }

  /** Files of segments that no longer belong to the journal, and of those that were begun and never used. */
  async removeBelow(oldest: number): Promise<void> {
    const removeFrom = async (disk: Disk) => {
      const old = (await segmentNumbers(disk)).filter((number) => number < oldest);
      for (const number of old) await removeIfThere(disk, segmentPath(number));
      if (old.length > 0) await disk.syncDirectory(journalFolder);
    };
    // A drive that fails here keeps them until the next time.
    await Promise.allSettled(this.#drives.present().map(({ disk }) => removeFrom(disk)));
  }
}

/** Written at once while a copy is made. */
const copyBytes = 1024 * 1024;

async function removeIfThere(disk: Disk, path: string): Promise<void> {
  try {
    await disk.unlink(path);
  } catch (error) {
    if (diskErrorCode(error) !== "ENOENT") throw error;
  }
}

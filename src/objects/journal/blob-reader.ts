import { crc32 } from "node:zlib";
import type { Clock } from "#lib/clock.ts";
import type { Disk, DiskFile } from "#objects/disk.ts";
import { DiskError } from "#objects/drive/disk-error.ts";
import { segmentPath } from "#objects/drive/paths.ts";
import type { BlobPlace } from "#objects/records.ts";
import { JournalError } from "./journal-error.ts";

/** What a reader must know of a segment: drives to ask, the surest first. */
export interface BlobSource {
  readonly number: number;
  readonly drives: readonly number[];
}

/** Open files of segments, over all drives. */
const openFilesMax = 256;

/**
 * Reads blobs from the copies of their segment, verified; the catalog and the fronts both do, and need nothing but the disks. One copy after the other: the next is asked when
 * one failed, lied, or did not answer within `hedgeMs`.
 */
export class BlobReader {
  readonly #diskOf: (drive: number) => Disk | undefined;
  readonly #clock: Clock;
  readonly #hedgeMs: number;
  readonly #onBadCopy: (drive: number, error: unknown) => void;
  /** By drive and segment, the least recently used first. */
  readonly #files = new Map<string, Promise<DiskFile>>();

  constructor(options: {
    readonly diskOf: (drive: number) => Disk | undefined;
    readonly clock: Clock;
    readonly hedgeMs: number;
    /** `DiskError` EBADMSG: it answered with other bytes than were written. */
    readonly onBadCopy: (drive: number, error: unknown) => void;
  }) {
    this.#diskOf = options.diskOf;
    this.#clock = options.clock;
    this.#hedgeMs = options.hedgeMs;
    this.#onBadCopy = options.onBadCopy;
  }

  /** Throws `JournalError` (damaged) when no copy gives the bytes. */
  async read(source: BlobSource, place: BlobPlace): Promise<Uint8Array> {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    let asked = 0;
    let failed = 0;
    let hedge: Disposable | undefined;
    const askNext = (): void => {
      hedge?.[Symbol.dispose]();
      const drive = source.drives[asked];
      if (drive === undefined) return;
      asked += 1;
      if (asked < source.drives.length) hedge = this.#clock.after(this.#hedgeMs, askNext);
      this.#readFrom(drive, place).then(resolve, (error: unknown) => {
        this.#onBadCopy(drive, error);
        failed += 1;
        if (failed === source.drives.length) reject(noCopy(place, source.drives, error));
        else if (failed === asked) askNext();
      });
    };
    if (source.drives.length === 0) throw noCopy(place, [], undefined);
    askNext();
    try {
      return await promise;
    } finally {
      hedge?.[Symbol.dispose]();
    }
  }

  async #readFrom(drive: number, place: BlobPlace): Promise<Uint8Array> {
    const file = await this.#file(drive, place.segment);
    // Not from the pool of small buffers: a late read may still write into it.
    const bytes = Buffer.allocUnsafeSlow(place.length);
    let count: number;
    try {
      count = await file.read(bytes, place.offset);
    } catch (error) {
      this.#forget(`${drive}/${place.segment}`);
      throw error;
    }
    if (count === place.length && crc32(bytes) === place.crc) return bytes;
    throw new DiskError(
      "EBADMSG",
      `drive ${drive} does not hold what was written to segment ${place.segment}`,
    );
  }

  #file(drive: number, segment: number): Promise<DiskFile> {
    const name = `${drive}/${segment}`;
    const known = this.#files.get(name);
    if (known !== undefined) {
      this.#files.delete(name);
      this.#files.set(name, known);
      return known;
    }
    const disk = this.#diskOf(drive);
    if (disk === undefined) return Promise.reject(new DiskError("ENOENT", `drive ${drive} is not there`));
    const opening = disk.open(segmentPath(segment), "read");
    this.#files.set(name, opening);
    opening.catch(() => this.#forget(name));
    if (this.#files.size > openFilesMax) {
      const oldest = this.#files.keys().next();
      if (!oldest.done) this.#forget(oldest.value);
    }
    return opening;
  }

  #forget(name: string): void {
    const file = this.#files.get(name);
    this.#files.delete(name);
    // Closed when it is open, and when it never opened there is nothing to close. A read that is under way fails and asks another copy.
    file?.then((opened) => opened.close()).catch(() => undefined);
  }

  /** Lets go of a drive's files: it was replaced, or its copy was. */
  forgetDrive(drive: number): void {
    for (const name of this.#files.keys()) if (name.startsWith(`${drive}/`)) this.#forget(name);
  }

  forgetSegment(segment: number): void {
    for (const name of this.#files.keys()) if (name.endsWith(`/${segment}`)) this.#forget(name);
  }

  close(): void {
    for (const name of this.#files.keys()) this.#forget(name);
  }
}

function noCopy(place: BlobPlace, drives: readonly number[], cause: unknown): JournalError {
  return new JournalError("damaged", `no copy of segment ${place.segment} gives the bytes`, drives, cause);
}

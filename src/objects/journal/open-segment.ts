import type { Clock } from "#lib/clock.ts";
import { assert } from "#lib/assert.ts";
import { DiskError } from "#objects/drive/disk-error.ts";
import { sealFrame } from "./frame.ts";
import type { SegmentCopy } from "./segment-copy.ts";
import { segmentHeaderBytes, type SealedAt, type SegmentHeader } from "./segment-header.ts";

/** `lost`: too few copies are left. `late`: the time is over, it may still happen. */
export type Outcome = "acknowledged" | "late" | "lost";

/** The segment that is appended to. One frame at a time: the next is pushed when this one was acknowledged. */
export class OpenSegment {
  readonly header: SegmentHeader;
  readonly copies: readonly SegmentCopy[];
  readonly #clock: Clock;
  readonly #lateMs: number;
  /** Where the acknowledged frames end. */
  length = segmentHeaderBytes;
  lastSequence: number;
  #pushedTo = segmentHeaderBytes;
  #wake: (() => void) | undefined;
  #watch: Disposable | undefined;

  constructor(
    header: SegmentHeader,
    makeCopies: (onChange: () => void) => readonly SegmentCopy[],
    options: { readonly clock: Clock; readonly lateMs: number },
  ) {
    this.header = header;
    this.lastSequence = header.firstSequence - 1;
    this.#clock = options.clock;
    this.#lateMs = options.lateMs;
    this.copies = makeCopies(() => this.#wake?.());
  }

  get live(): number {
    return this.copies.filter((copy) => copy.isLive).length;
  }

  /** Drives whose copy holds everything that was acknowledged. */
  whole(): readonly number[] {
    return this.copies
      .filter((copy) => copy.isLive && copy.syncedTo >= this.length)
      .map((copy) => copy.drive);
  }

  push(frame: Uint8Array): void {
    this.#pushedTo = this.length + frame.byteLength;
    for (const copy of this.copies) copy.push(frame, this.length);
  }

  /** Waits at most `lateMs` for the frame that was pushed last. */
  async quorum(sequence: number): Promise<Outcome> {
    let isLate = false;
    using _timer = this.#clock.after(this.#lateMs, () => {
      isLate = true;
      this.#wake?.();
    });
    for (;;) {
      const synced = this.copies.filter((copy) => copy.isLive && copy.syncedTo >= this.#pushedTo).length;
      if (synced >= this.header.acks) break;
      if (this.live < this.header.acks) return "lost";
      if (isLate) return "late";
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    assert(sequence === this.lastSequence + 1, "frames are acknowledged in order");
    this.length = this.#pushedTo;
    this.lastSequence = sequence;
    this.#watchBehind();
    return "acknowledged";
  }

  /** Drives that have not synced the frame that waits. */
  behind(): readonly number[] {
    return this.copies.filter((copy) => copy.syncedTo < this.#pushedTo).map((copy) => copy.drive);
  }

  giveUpBehind(): void {
    for (const copy of this.copies) if (copy.syncedTo < this.#pushedTo) copy.giveUp(late());
  }

  /** What was acknowledged without a copy must be there soon, or that copy is given up. */
  #watchBehind(): void {
    if (this.#watch !== undefined || this.whole().length === this.live) return;
    const due = this.length;
    this.#watch = this.#clock.after(this.#lateMs, () => {
      this.#watch = undefined;
      for (const copy of this.copies) if (copy.isLive && copy.syncedTo < due) copy.giveUp(late());
      this.#watchBehind();
    });
  }

  sealedAt(): SealedAt {
    const { number, incarnation } = this.header;
    return { number, incarnation, length: this.length, lastSequence: this.lastSequence };
  }

  /** Drives whose copies are whole and carry a seal. What is not finished soon counts as not whole. */
  async finish(): Promise<readonly number[]> {
    this.#watch?.[Symbol.dispose]();
    using _timer = this.#clock.after(this.#lateMs, () => {
      for (const copy of this.copies) if (copy.syncedTo < this.length) copy.giveUp(late());
    });
    const seal = sealFrame(this.lastSequence, this.header.incarnation);
    const whole = await Promise.all(this.copies.map((copy) => copy.finish(this.length, seal)));
    return this.copies.filter((_, index) => whole[index] === true).map((copy) => copy.drive);
  }
}

function late(): DiskError {
  return new DiskError("ETIMEDOUT", "the drive is behind the others");
}

import { assert } from "#lib/assert.ts";
import type { Mutation, PlacedMutation } from "#objects/catalog/index-contract.ts";
import { encodeWitness } from "#objects/drive/witness.ts";
import type { BlobPlace } from "#objects/records.ts";
import {
  answerBatches,
  batchBytes,
  buildFrame,
  takeBatches,
  type Batch,
  type BuiltFrame,
} from "./batches.ts";
import { beginSegment } from "./begin-segment.ts";
import { BlobReader } from "./blob-reader.ts";
import { frameHeaderBytes, readMutations, stampFrame } from "./frame.ts";
import type { Appended, Journal, SegmentView } from "./journal-contract.ts";
import { JournalDrives, type JournalDrive } from "./journal-drives.ts";
import type { JournalOptions } from "./journal-options.ts";
import { JournalError } from "./journal-error.ts";
import { batchBytesMax, defaultJournalLimits, type JournalLimits } from "./limits.ts";
import type { OpenSegment } from "./open-segment.ts";
import { recover, type Recovered } from "./recover.ts";
import { SegmentCare, type CopyCheck, type RepairProgress } from "./segment-care.ts";
import { readingOrder, sealedView, type SealedSegment } from "./sealed-segment.ts";
import type { SealedAt } from "./segment-header.ts";

/** Without an answer of a copy, a blob is asked of the next one. */
const blobHedgeMs = 50;

/** Throws `JournalError`: see `findChain` for what a start needs. */
export async function openJournal(options: JournalOptions): Promise<ReplicatedJournal> {
  const limits = { ...defaultJournalLimits, ...options.limits };
  const drives = new JournalDrives(options.drives, { clock: options.clock, penaltyMs: limits.penaltyMs });
  const recovered = await recover({ ...options, drives });
  const journal = new ReplicatedJournal(options, { recovered, drives, limits });
  await journal.start();
  return journal;
}

/** The journal over the store's drives. See the README beside `src/objects` for its rules. */
export class ReplicatedJournal implements Journal {
  readonly #options: JournalOptions;
  readonly #limits: JournalLimits;
  readonly #drives: JournalDrives;
  readonly #care: SegmentCare;
  readonly #blobs: BlobReader;
  /** Sealed segments, oldest first. */
  readonly #sealed: SealedSegment[];
  #open: OpenSegment | undefined;
  #oldest: number;
  #highestNumber: number;
  #lastSequence: number;
  #waiting: Batch[] = [];
  #waitingBytes = 0;
  /** What changes segments or appends to them happens one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #isRunning = false;
  #mustMove = false;
  #refusal: JournalError | undefined;

  /** Made by `openJournal`. */
  constructor(
    options: JournalOptions,
    parts: {
      readonly recovered: Recovered;
      readonly drives: JournalDrives;
      readonly limits: JournalLimits;
    },
  ) {
    this.#options = options;
    this.#limits = parts.limits;
    this.#drives = parts.drives;
    this.#sealed = [...parts.recovered.segments];
    this.#oldest = parts.recovered.oldest;
    this.#highestNumber = parts.recovered.highestNumber;
    this.#lastSequence = this.#sealed.at(-1)?.lastSequence ?? 0;
    const diskOf = (drive: number) => this.#drives.disk(drive);
    const onBadCopy = (drive: number, error: unknown) => options.events?.driveTrouble?.(drive, error);
    this.#blobs = new BlobReader({ diskOf, clock: options.clock, hedgeMs: blobHedgeMs, onBadCopy });
    this.#care = new SegmentCare(this.#drives, (drive) => this.#blobs.forgetDrive(drive));
  }

  /** Begins a segment, or, while too few drives can be written, at least keeps in mind what will be shown. */
  async start(): Promise<void> {
    const before = this.#sealed.at(-1);
    if ((await this.#beginNext()) || before === undefined) return;
    await this.#writeWitness(before.header.number, before.header.incarnation);
  }

  get lastSequence(): number {
    return this.#lastSequence;
  }

  append(mutations: readonly Mutation[]): Promise<Appended> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    const bytes = batchBytes(mutations);
    assert(bytes <= batchBytesMax, "a batch fits into a frame");
    if (this.#waitingBytes + bytes > this.#limits.waitingBytes)
      return Promise.reject(new JournalError("busy", "too much waits for the journal"));
    this.#waitingBytes += bytes;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ mutations, bytes, resolve, reject });
      if (this.#isRunning) return;
      this.#isRunning = true;
      this.#inTurn(() => this.#commitWaiting()).catch((fault: unknown) => this.#rejectAll([], fault));
    });
  }

  /** Runs when all before has ended, well or not. */
  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(task, task);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #commitWaiting(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batches = takeBatches(this.#waiting, this.#limits.frameBytes);
      for (const batch of batches) this.#waitingBytes -= batch.bytes;
      try {
        const frame = buildFrame(this.#lastSequence + 1, batches);
        const { segment, at } = await this.#write(frame);
        this.#lastSequence = frame.sequence;
        answerBatches(frame, segment, at);
      } catch (error) {
        this.#rejectAll(batches, error);
      }
    }
    this.#isRunning = false;
  }

  /** With the batch all that waits behind it fails: some of it may build on it. */
  #rejectAll(batches: readonly Batch[], error: unknown): void {
    if (error instanceof JournalError && error.code === "broken") this.#refusal = error;
    for (const batch of [...batches, ...this.#waiting]) batch.reject(error);
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  /** Until the frame is acknowledged somewhere, or the hold time is over. */
  async #write(frame: BuiltFrame): Promise<{ readonly segment: number; readonly at: number }> {
    const { clock } = this.#options;
    const deadline = clock.monotonic() + this.#limits.holdMs;
    let bytes: Buffer | undefined;
    for (;;) {
      const segment = await this.#writable();
      if (segment !== undefined) {
        // A copy that was given up may still be reading the first buffer.
        bytes = bytes === undefined ? frame.bytes : Buffer.from(frame.bytes);
        stampFrame(bytes, segment.header.incarnation);
        const at = segment.length;
        segment.push(bytes);
        if (await this.#isAcknowledged(segment, frame.sequence, deadline))
          return { segment: segment.header.number, at };
        this.#mustMove = true;
      }
      if (clock.monotonic() >= deadline)
        throw bytes === undefined
          ? new JournalError("no-ensemble", "no drives could take a change in time")
          : new JournalError(
              "broken",
              "a change could not be made durable in time; it may be found at the next start",
            );
      if (segment === undefined) await clock.sleep(this.#limits.searchMs);
    }
  }

  async #isAcknowledged(segment: OpenSegment, sequence: number, deadline: number): Promise<boolean> {
    for (;;) {
      const outcome = await segment.quorum(sequence);
      if (outcome !== "late") return outcome === "acknowledged";
      const behind = segment.behind();
      for (const drive of behind)
        this.#trouble(drive, new JournalError("busy", "the drive is behind", [drive]));
      if (this.#options.clock.monotonic() >= deadline || this.#hasBetter(behind)) {
        segment.giveUpBehind();
        return false;
      }
    }
  }

  /** Whether enough drives that are well could take the place of those that are behind. */
  #hasBetter(behind: readonly number[]): boolean {
    const { copies, segmentAcks } = this.#drives.layout;
    const others = this.#drives.choose({ copies, acks: segmentAcks, rotation: 0, except: behind });
    return others !== undefined && others.every((drive) => !this.#drives.isPenalized(drive));
  }

  /** The segment for the next frame; undefined when there are too few drives at the moment. */
  async #writable(): Promise<OpenSegment | undefined> {
    const open = this.#open;
    const mayStay = open !== undefined && !this.#mustMove && open.length < this.#limits.segmentBytes;
    if (mayStay && (open.live === this.#drives.layout.copies || !this.#canGrow(open))) return open;
    return (await this.#beginNext()) ? this.#open : undefined;
  }

  /** Whether a new segment would have more copies than this one has left. */
  #canGrow(open: OpenSegment): boolean {
    const { copies, segmentAcks } = this.#drives.layout;
    const chosen = this.#drives.choose({ copies, acks: segmentAcks, rotation: 0 }) ?? [];
    return chosen.filter((drive) => !this.#drives.isPenalized(drive)).length > open.live;
  }

  /**
   * Seals the open segment and begins the next one. When it fails, the open one must not be used again: the header that seals it may be durable somewhere.
   */
  async #beginNext(): Promise<boolean> {
    this.#mustMove = true;
    const before = this.#sealedEnd();
    const { copies, segmentAcks } = this.#drives.layout;
    // Each failure penalizes a drive, so the choice changes; once more for each drive is enough.
    for (let tries = this.#drives.numbers.length + 1; tries > 0; tries -= 1) {
      const number = this.#highestNumber + 1;
      const ensemble = this.#drives.choose({ copies, acks: segmentAcks, rotation: number });
      if (ensemble === undefined) return false;
      this.#highestNumber = number;
      const incarnation = Buffer.from(this.#options.random.bytes(8)).toString("hex");
      const header = {
        storeId: this.#options.storeId,
        number,
        incarnation,
        ensemble,
        acks: segmentAcks,
        drives: this.#drives.numbers,
        firstSequence: this.#lastSequence + 1,
        oldest: before === undefined ? number : this.#oldest,
        previous: before,
      };
      const begun = await beginSegment(header, {
        drives: this.#drives,
        clock: this.#options.clock,
        limits: this.#limits,
        onTrouble: (drive, error) => this.#trouble(drive, error),
      });
      if (begun === undefined) continue;
      try {
        await this.#writeWitness(number, incarnation);
      } catch (error) {
        this.#options.events?.witnessTrouble?.(error);
        return false;
      }
      this.#becomeOpen(begun);
      return true;
    }
    return false;
  }

  #sealedEnd(): SealedAt | undefined {
    if (this.#open !== undefined) return this.#open.sealedAt();
    const last = this.#sealed.at(-1);
    if (last === undefined) return undefined;
    const { header, length, lastSequence } = last;
    return { number: header.number, incarnation: header.incarnation, length, lastSequence };
  }

  #becomeOpen(begun: OpenSegment): void {
    const old = this.#open;
    if (old !== undefined) {
      const { header, length, lastSequence } = old;
      const sealed: SealedSegment = { header, length, lastSequence, copies: copiesOf(old) };
      this.#sealed.push(sealed);
      finishOld(old, sealed).catch(() => undefined); // what is not finished is not whole
    } else this.#oldest = begun.header.oldest;
    this.#open = begun;
    this.#mustMove = false;
    this.#options.events?.segmentMoved?.(this.#openView(begun));
  }

  #writeWitness(segment: number, incarnation: string, isClosed?: true): Promise<void> {
    const { storeId } = this.#options;
    const drives = this.#drives.numbers;
    return this.#options.witness.write(
      encodeWitness({ storeId, segment, incarnation, sequence: this.#lastSequence, drives, isClosed }),
    );
  }

  #trouble(drive: number, error: unknown): void {
    this.#drives.penalize(drive);
    this.#options.events?.driveTrouble?.(drive, error);
  }

  async *replay(
    after: number,
  ): AsyncIterable<{ readonly sequence: number; readonly mutations: readonly PlacedMutation[] }> {
    const open = this.#open;
    const parts = [...this.#sealed];
    if (open !== undefined) {
      const { header, length, lastSequence } = open;
      parts.push({ header, length, lastSequence, copies: copiesOf(open) });
    }
    for (const part of parts) if (part.lastSequence > after) yield* this.#replaySegment(part, after);
  }

  async *#replaySegment(segment: SealedSegment, after: number) {
    const { header } = segment;
    for await (const frame of this.#care.frames(segment)) {
      if (frame.header.sequence <= after) continue;
      const mutations = readMutations(frame.bytes.subarray(frameHeaderBytes), header.number, frame.at);
      yield { sequence: frame.header.sequence, mutations };
    }
  }

  async readBlob(place: BlobPlace): Promise<Uint8Array> {
    const open = this.#open;
    if (open?.header.number === place.segment) {
      const order = open.copies.toSorted((a, b) => b.syncedTo - a.syncedTo).map((copy) => copy.drive);
      return this.#blobs.read({ number: place.segment, drives: order }, place);
    }
    const sealed = this.#sealed.find((segment) => segment.header.number === place.segment);
    if (sealed === undefined)
      throw new JournalError("damaged", `segment ${place.segment} does not belong to the journal`);
    return this.#blobs.read({ number: place.segment, drives: readingOrder(sealed) }, place);
  }

  segments(): readonly SegmentView[] {
    const views = this.#sealed.map((segment) => sealedView(segment));
    if (this.#open !== undefined) views.push(this.#openView(this.#open));
    return views.map((view) => ({
      ...view,
      whole: view.whole.filter((drive) => this.#drives.disk(drive) !== undefined),
    }));
  }

  #openView(open: OpenSegment): SegmentView {
    const { number, firstSequence, ensemble } = open.header;
    return { number, firstSequence, bytes: open.length, isOpen: true, ensemble, whole: open.whole() };
  }

  /** What is known of the drives has changed. The open segment leaves drives that are gone, and moves when drives were added or forgotten. */
  async setDrives(drives: readonly JournalDrive[]): Promise<void> {
    const before = this.#drives.numbers;
    for (const { number, disk } of drives)
      if (disk !== this.#drives.disk(number)) this.#blobs.forgetDrive(number);
    const replaced = drives.filter(({ number, disk }) => disk !== this.#drives.disk(number));
    this.#drives.set(drives);
    for (const copy of this.#open?.copies ?? [])
      if (!this.#drives.isWritable(copy.drive) || replaced.some(({ number }) => number === copy.drive))
        copy.giveUp(new JournalError("closed", "the drive was taken out", [copy.drive]));
    const isSameSet =
      before.length === drives.length && drives.every(({ number }) => before.includes(number));
    if (!isSameSet) await this.#inTurn(() => this.#beginNext());
  }

  /**
   * Gives up the oldest segment; its live rows have been appended again. The next segment says so before any file is removed.
   * Throws `JournalError` (no-ensemble) when none can begin; nothing is removed then.
   */
  async retire(number: number): Promise<void> {
    await this.#inTurn(async () => {
      assert(this.#sealed[0]?.header.number === number, "only the oldest sealed segment is retired");
      const before = this.#oldest;
      this.#oldest = number + 1;
      if (!(await this.#beginNext())) {
        this.#oldest = before;
        throw new JournalError("no-ensemble", "too few drives can be written to begin a segment");
      }
      this.#sealed.shift();
      this.#blobs.forgetSegment(number);
    });
    // Nobody's change waits for this: a drive that stalls takes long to say so.
    await this.#care.removeBelow(this.#oldest);
  }

  /** Reads every copy of a sealed segment from end to end; what is found decides what is read and repaired. */
  async verifySegment(number: number): Promise<readonly CopyCheck[]> {
    const segment = this.#sealed.find((one) => one.header.number === number);
    return segment === undefined ? [] : this.#care.verify(segment);
  }

  /** Makes copies of sealed segments that have too few whole ones, and of those on drives that are given up or drained. */
  repairCopies(progress?: (state: RepairProgress) => void, signal?: AbortSignal): Promise<RepairProgress> {
    return this.#care.repair(this.#sealed, { storeId: this.#options.storeId, progress, signal });
  }

  /** What waits is written first. Nothing is accepted any more. */
  async close(): Promise<void> {
    this.#refusal ??= new JournalError("closed", "the journal is closed");
    await this.#inTurn(async () => {
      const open = this.#open;
      if (open !== undefined) {
        await open.finish();
        const isAsAcknowledged = this.#refusal?.code === "closed" && !this.#mustMove;
        if (isAsAcknowledged) await this.#writeWitness(open.header.number, open.header.incarnation, true);
      }
      this.#blobs.close();
    });
  }
}

function copiesOf(open: OpenSegment): SealedSegment["copies"] {
  const whole = open.whole();
  return new Map(
    open.copies.map(({ drive }) => [drive, whole.includes(drive) ? "whole" : "unverified"] as const),
  );
}

async function finishOld(old: OpenSegment, sealed: SealedSegment): Promise<void> {
  const whole = await old.finish();
  for (const { drive } of old.copies)
    sealed.copies.set(drive, whole.includes(drive) ? "whole" : "unverified");
}

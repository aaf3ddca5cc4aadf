import type { Clock } from "#lib/clock.ts";
import type { Disk } from "#objects/disk.ts";
import { storeLayout, type StoreLayout } from "#objects/drive/layout.ts";
import type { DriveState } from "#objects/records.ts";
import { chooseEnsemble } from "./choose-ensemble.ts";

/** A drive as the journal is told of it. */
export interface JournalDrive {
  readonly number: number;
  /** Bounded (`boundDisk`). Absent: it is not there, or not the drive that it should be. */
  readonly disk?: Disk;
  readonly state: DriveState;
}

/** The drives of the store, and which of them the journal does not trust for a while. */
export class JournalDrives {
  readonly #clock: Clock;
  readonly #penaltyMs: number;
  #drives: readonly JournalDrive[];
  readonly #penalizedUntil = new Map<number, number>();

  constructor(
    drives: readonly JournalDrive[],
    options: { readonly clock: Clock; readonly penaltyMs: number },
  ) {
    this.#drives = drives;
    this.#clock = options.clock;
    this.#penaltyMs = options.penaltyMs;
  }

  set(drives: readonly JournalDrive[]): void {
    this.#drives = drives;
  }

  get numbers(): readonly number[] {
    return this.#drives.map((drive) => drive.number);
  }

  get layout(): StoreLayout {
    return storeLayout(this.#drives.length);
  }

  disk(number: number): Disk | undefined {
    return this.#drives.find((drive) => drive.number === number)?.disk;
  }

  present(): readonly { readonly number: number; readonly disk: Disk }[] {
    return this.#drives.flatMap(({ number, disk }) => (disk === undefined ? [] : [{ number, disk }]));
  }

  isWritable(number: number): boolean {
    const drive = this.#drives.find((one) => one.number === number);
    if (drive?.disk === undefined) return false;
    const { state } = drive;
    return state === "ok" || state === "suspect" || state === "full" || state === "draining";
  }

  /** Whether a copy there counts: it is not given up or about to be taken out. */
  isKeeping(number: number): boolean {
    const state = this.#drives.find((drive) => drive.number === number)?.state;
    return (
      state !== undefined && state !== "failed" && state !== "draining" && this.disk(number) !== undefined
    );
  }

  penalize(number: number): void {
    this.#penalizedUntil.set(number, this.#clock.monotonic() + this.#penaltyMs);
  }

  isPenalized(number: number): boolean {
    return (this.#penalizedUntil.get(number) ?? -1) > this.#clock.monotonic();
  }

  /** For the next segment, or further copies of one. */
  choose(want: {
    readonly copies: number;
    readonly acks: number;
    readonly rotation: number;
    readonly except?: readonly number[];
  }): readonly number[] | undefined {
    const candidates = this.#drives
      .filter((drive) => drive.disk !== undefined && want.except?.includes(drive.number) !== true)
      .map(({ number, state }) => ({ number, state, isPenalized: this.isPenalized(number) }));
    return chooseEnsemble(candidates, want);
  }
}

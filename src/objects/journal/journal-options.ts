import type { Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import type { WitnessFile } from "#objects/drive/witness.ts";
import type { SegmentView } from "./journal-contract.ts";
import type { JournalDrive } from "./journal-drives.ts";
import type { JournalLimits } from "./limits.ts";

export interface JournalOptions {
  readonly storeId: string;
  /** All drives of the store, also those that are not there. */
  readonly drives: readonly JournalDrive[];
  /** Numbers that the operator gave up (`vdc drive forget`): a start does not wait for them. */
  readonly forgotten: readonly number[];
  readonly witness: WitnessFile;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits?: Partial<JournalLimits>;
  readonly events?: JournalEvents;
}

export interface JournalEvents {
  /** A copy could not be written, was late or lied. */
  driveTrouble?(drive: number, error: unknown): void;
  /** The witness could not be written: no segment can begin. */
  witnessTrouble?(error: unknown): void;
  /** Another segment is open now. */
  segmentMoved?(to: SegmentView): void;
}

export type JournalErrorCode =
  /** A start that cannot know the newest state: `drives` are those that are not there. */
  | "too-few-drives"
  /** The drives that are there do not hold the segment that the witness names. */
  | "stale-drives"
  /** No copy of what was acknowledged is whole. */
  | "damaged"
  /** No drives could take a batch within the hold time. Nothing of it was written. */
  | "no-ensemble"
  /** As above, but a part may have been written: the journal must be opened anew. */
  | "broken"
  | "closed"
  /** More is waiting than may wait. */
  | "busy";

export class JournalError extends Error {
  override readonly name = "JournalError";
  readonly code: JournalErrorCode;
  /** Numbers of the drives that it is about. */
  readonly drives: readonly number[];

  constructor(code: JournalErrorCode, message: string, drives: readonly number[] = [], cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.drives = drives;
  }
}

import type { SegmentView } from "./journal-contract.ts";
import type { SegmentHeader } from "./segment-header.ts";

/** `unverified`: it may be whole; it must be read before that is said. */
export type CopyState = "whole" | "unverified" | "damaged";

/** A segment that will not grow any more. */
export interface SealedSegment {
  readonly header: SegmentHeader;
  readonly length: number;
  readonly lastSequence: number;
  /** By drive, wherever a copy was found or made. */
  readonly copies: Map<number, CopyState>;
}

export function sealedView(segment: SealedSegment): SegmentView {
  const drives = [...segment.copies];
  return {
    number: segment.header.number,
    firstSequence: segment.header.firstSequence,
    bytes: segment.length,
    isOpen: false,
    ensemble: drives.map(([drive]) => drive),
    whole: drives.filter(([, state]) => state === "whole").map(([drive]) => drive),
  };
}

/** Drives to read from, the surest first. */
export function readingOrder(segment: SealedSegment): readonly number[] {
  const order: readonly CopyState[] = ["whole", "unverified", "damaged"];
  return order.flatMap((state) =>
    [...segment.copies].filter(([, has]) => has === state).map(([drive]) => drive),
  );
}

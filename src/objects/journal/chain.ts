import { storeLayout } from "#objects/drive/layout.ts";
import type { Witness } from "#objects/drive/witness.ts";
import { JournalError } from "./journal-error.ts";
import { segmentKey, type FoundSegment, type Survey } from "./survey.ts";

export interface ChainInput {
  readonly survey: Survey;
  readonly witness: Witness | undefined;
  /** Numbers of all drives that are configured. */
  readonly configured: readonly number[];
  /** Drives that the operator gave up: nobody waits for them. */
  readonly forgotten: readonly number[];
  /** The last sequence of an open segment, looked up; only asked when there is no witness. */
  readonly lastSequence: (segment: FoundSegment) => Promise<number>;
}

/**
 * Which segments are the journal, from the oldest that is needed to the newest. Empty: a new store.
 *
 * The newest is the one that the witness names: it is written before anything in a segment is acknowledged, so a later one was begun and never used.
 * Without a witness every drive must be there, and the newest is the one that is complete and farthest.
 * Throws `JournalError` when what is there cannot be known to be the newest state.
 */
export async function findChain(input: ChainInput): Promise<readonly FoundSegment[]> {
  const { survey, witness } = input;
  if (witness === undefined) {
    requireDrives(input, input.configured, input.configured.length);
    const head = await farthest(input);
    if (head === undefined) return [];
    requireDrives(input, head.header.drives, head.header.drives.length);
    return chainTo(head, input);
  }
  requireDrives(input, witness.drives, witness.drives.length - storeLayout(witness.drives.length).m);
  const key = segmentKey({ number: witness.segment, incarnation: witness.incarnation });
  const head = survey.segments.find((segment) => segmentKey(segment.header) === key);
  if (head === undefined)
    throw new JournalError(
      "stale-drives",
      `none of the drives that are there holds the newest segment of the journal, number ${witness.segment}`,
      absent(input, witness.drives),
    );
  return chainTo(head, input);
}

function absent(input: ChainInput, drives: readonly number[]): readonly number[] {
  return drives.filter((drive) => !input.survey.readable.includes(drive) && !input.forgotten.includes(drive));
}

/** Of `drives`, all but those that are forgotten are waited for, but for `drives.length − count`. */
function requireDrives(input: ChainInput, drives: readonly number[], count: number): void {
  const missing = absent(input, drives);
  if (missing.length <= drives.length - count) return;
  throw new JournalError(
    "too-few-drives",
    `of ${drives.length} drives ${missing.length} are not there: ${missing.join(", ")}`,
    missing,
  );
}

/**
 * A segment counts when it was begun on its whole ensemble or holds a frame; what else is there was begun and never used, so that nothing was
 * ever acknowledged in it. Undefined: the store was never written.
 */
async function farthest(input: ChainInput): Promise<FoundSegment | undefined> {
  const counted: FoundSegment[] = [];
  for (const segment of input.survey.segments)
    if (isComplete(segment, input) || (await input.lastSequence(segment)) >= segment.header.firstSequence)
      counted.push(segment);
  const followed = new Set(
    counted.flatMap(({ header }) => (header.previous ? [segmentKey(header.previous)] : [])),
  );
  const heads = counted.filter((segment) => !followed.has(segmentKey(segment.header)));
  if (heads.length === 0 && input.survey.segments.some(({ header }) => header.previous !== undefined))
    throw new JournalError("damaged", "no segment of the journal was completely begun");
  if (heads.length <= 1) return heads[0];
  const reached = await Promise.all(
    heads.map(async (head) => ({ head, sequence: await input.lastSequence(head) })),
  );
  return reached.toSorted((a, b) => b.sequence - a.sequence || b.head.header.number - a.head.header.number)[0]
    ?.head;
}

function isComplete({ header, drives }: FoundSegment, input: ChainInput): boolean {
  return header.ensemble.every((drive) => drives.includes(drive) || input.forgotten.includes(drive));
}

function chainTo(head: FoundSegment, input: ChainInput): readonly FoundSegment[] {
  const byKey = new Map(input.survey.segments.map((segment) => [segmentKey(segment.header), segment]));
  const chain = [head];
  for (let at = head.header.previous; at !== undefined && at.number >= head.header.oldest;) {
    const segment = byKey.get(segmentKey(at));
    if (segment === undefined)
      throw new JournalError(
        "too-few-drives",
        `segment ${at.number} of the journal is on none of the drives that are there`,
        absent(input, head.header.drives),
      );
    chain.unshift(segment);
    at = segment.header.previous;
  }
  return chain;
}

import type { Clock } from "#lib/clock.ts";
import type { DiskFile } from "#objects/disk.ts";
import { DiskError } from "#objects/drive/disk-error.ts";
import type { JournalDrives } from "./journal-drives.ts";
import { OpenSegment } from "./open-segment.ts";
import { SegmentCopy, beginCopy } from "./segment-copy.ts";
import { encodeSegmentHeader, segmentHeaderBytes, type SegmentHeader } from "./segment-header.ts";

export interface BeginContext {
  readonly drives: JournalDrives;
  readonly clock: Clock;
  readonly limits: { readonly beginMs: number; readonly lateMs: number };
  readonly onTrouble: (drive: number, error: unknown) => void;
}

/** Makes the header durable on the whole ensemble. Undefined when a drive of it failed or was late; those are reported. */
export async function beginSegment(
  header: SegmentHeader,
  context: BeginContext,
): Promise<OpenSegment | undefined> {
  const bytes = encodeSegmentHeader(header);
  const begun = await Promise.all(
    header.ensemble.map(async (drive) => {
      try {
        const file = await beginOn(drive, header, bytes, context);
        return { drive, file };
      } catch (error) {
        context.onTrouble(drive, error);
        return undefined;
      }
    }),
  );
  const good = begun.filter((one) => one !== undefined);
  if (good.length < header.ensemble.length) {
    for (const { file } of good) file.close().catch(() => undefined); // no segment came of it; the file stays until the tail passes it
    return undefined;
  }
  const makeCopies = (onChange: () => void) =>
    good.map(
      ({ drive, file }) => new SegmentCopy(drive, file, segmentHeaderBytes, changed(onChange, context)),
    );
  return new OpenSegment(header, makeCopies, { clock: context.clock, lateMs: context.limits.lateMs });
}

function changed(onChange: () => void, context: BeginContext): (copy: SegmentCopy) => void {
  const reported = new Set<number>();
  return (copy) => {
    if (!copy.isLive && !reported.has(copy.drive)) {
      reported.add(copy.drive);
      context.onTrouble(copy.drive, copy.failure);
    }
    onChange();
  };
}

async function beginOn(
  drive: number,
  header: SegmentHeader,
  bytes: Uint8Array,
  context: BeginContext,
): Promise<DiskFile> {
  const disk = context.drives.disk(drive);
  if (disk === undefined) throw new DiskError("ENOENT", "the drive was taken away");
  const { promise: late, reject } = Promise.withResolvers<never>();
  using _timer = context.clock.after(context.limits.beginMs, () =>
    reject(new DiskError("ETIMEDOUT", "the drive did not begin a segment in time")),
  );
  const mark = `${header.number}-before-${header.incarnation}`;
  const begun = beginCopy(disk, header.number, bytes, mark);
  try {
    return await Promise.race([begun, late]);
  } catch (error) {
    begun.then(
      (file) => file.close(),
      () => undefined,
    );
    throw error;
  }
}

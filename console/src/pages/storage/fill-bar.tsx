import type { DriveDetailView } from "#api/objects.ts";
import { cx } from "#console/kit/class-names.ts";
import { driveFill } from "#console/lib/drive-view.ts";
import { formatBytes, formatPercent } from "#console/lib/format.ts";

/** From this share of what may be written on, somebody should think of another drive. */
const attentionAt = 0.85;

/** How full a drive is. The hatched end is headroom: nothing new is written there, so that deletes always work. */
export function FillBar(props: {
  readonly label: string;
  readonly drive: Pick<DriveDetailView, "totalBytes" | "freeBytes" | "headroomBytes">;
}) {
  const { used, mark, words } = driveFill(props.drive);
  const tone = used >= mark ? "bg-bad" : used >= mark * attentionAt ? "bg-warn" : "bg-accent";
  const headroom = formatBytes(props.drive.headroomBytes ?? 0);
  return (
    <div className="flex flex-col gap-1.5">
      <div className="flex items-baseline justify-between gap-3 text-xs">
        <span className="text-dim">{words}</span>
        <span className="text-ink tabular">{formatPercent(used * 100)} full</span>
      </div>
      <div
        role="meter"
        aria-label={props.label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(used * 100)}
        aria-valuetext={`${words}; the last ${headroom} are kept free`}
        title={`The last ${headroom} are kept free, so that deletes always work`}
        className="relative h-2.5 overflow-hidden rounded-sm bg-sunken"
      >
        <div
          className="headroom absolute inset-y-0 right-0 border-l border-line-strong"
          style={{ width: `max(4px, ${(1 - mark) * 100}%)` }}
        />
        <div
          className={cx("meter-fill absolute inset-y-0 left-0 transition-[width] duration-200", tone)}
          style={{ width: `${used * 100}%` }}
        />
      </div>
    </div>
  );
}

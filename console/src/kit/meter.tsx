import { cx } from "#console/kit/class-names.ts";
import { formatPercent } from "#console/lib/format.ts";

const attentionAt = 0.8;
const fullAt = 0.95;

/** Use of a limit. Colour changes only where somebody should look; the words say it too. */
export function Meter(props: {
  readonly label: string;
  readonly value: number;
  readonly limit: number | undefined;
  readonly format: (value: number) => string;
}) {
  const share = props.limit === undefined || props.limit === 0 ? 0 : props.value / props.limit;
  const over = props.limit === 0 && props.value > 0;
  const tone = over || share >= fullAt ? "bg-bad" : share >= attentionAt ? "bg-warn" : "bg-accent";
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <div className="flex items-baseline justify-between gap-3">
        <span className="min-w-0 truncate text-dim">{props.label}</span>
        <span className="whitespace-nowrap text-ink tabular">
          {props.format(props.value)}
          <span className="text-faint">
            {props.limit === undefined ? " · no limit" : ` of ${props.format(props.limit)}`}
          </span>
        </span>
      </div>
      {props.limit === undefined ? (
        <div className="h-1.5 rounded-full border border-dashed border-line" aria-hidden="true" />
      ) : (
        <div
          role="meter"
          aria-label={props.label}
          aria-valuemin={0}
          aria-valuemax={Math.max(props.limit, props.value)}
          aria-valuenow={props.value}
          aria-valuetext={`${props.format(props.value)} of ${props.format(props.limit)}, ${formatPercent(share * 100)}`}
          className="h-1.5 overflow-hidden rounded-full bg-sunken"
        >
          <div
            className={cx("meter-fill h-full rounded-full transition-[width] duration-200", tone)}
            style={{ width: `${Math.min(100, share * 100)}%`, minWidth: props.value > 0 ? 3 : 0 }}
          />
        </div>
      )}
    </div>
  );
}

export function Progress(props: {
  readonly label: string;
  readonly percent: number;
  readonly tone?: "busy" | "bad" | "good";
}) {
  const colour = props.tone === "bad" ? "bg-bad" : props.tone === "good" ? "bg-good" : "bg-accent";
  return (
    <div
      role="progressbar"
      aria-label={props.label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={props.percent}
      className="h-1 overflow-hidden rounded-full bg-sunken"
    >
      <div
        className={cx("meter-fill h-full rounded-full transition-[width] duration-200", colour)}
        style={{ width: `${props.percent}%` }}
      />
    </div>
  );
}

/** The last values as a line, for the eye only: the number beside it says what matters. */
export function Sparkline(props: {
  readonly values: readonly number[];
  /** Top of the scale; the largest value when absent. */
  readonly max?: number;
  readonly colour?: string;
}) {
  const width = 160;
  const height = 32;
  const { values } = props;
  const top = props.max ?? Math.max(1, ...values);
  const step = width / Math.max(1, values.length - 1);
  const points = values.map(
    (value, at) =>
      `${(at * step).toFixed(1)},${(height - 1 - (Math.min(value, top) / top) * (height - 3)).toFixed(1)}`,
  );
  const colour = props.colour ?? "var(--chart-1)";
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      className="h-8 w-full"
    >
      <line
        x1="0"
        x2={width}
        y1={height - 0.5}
        y2={height - 0.5}
        stroke="var(--line)"
        vectorEffect="non-scaling-stroke"
      />
      {points.length > 1 && (
        <>
          <polygon
            points={`0,${height} ${points.join(" ")} ${width},${height}`}
            fill={colour}
            opacity="0.12"
          />
          <polyline
            points={points.join(" ")}
            fill="none"
            stroke={colour}
            strokeWidth="1.5"
            strokeLinejoin="round"
            vectorEffect="non-scaling-stroke"
          />
        </>
      )}
    </svg>
  );
}

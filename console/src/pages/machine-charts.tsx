import type { MachineSample } from "#api/system.ts";
import { useMachineSamples } from "#console/data/samples.ts";
import { Failure } from "#console/kit/failure.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { TimeChart, type Series } from "#console/kit/time-chart.tsx";
import { formatBytes, formatPercent, formatRate } from "#console/lib/format.ts";

interface ChartDefinition {
  readonly title: string;
  readonly series: readonly (Series & { readonly value: (sample: MachineSample) => number })[];
  readonly format: (value: number) => string;
  /** Top of the scale; by the values when absent. */
  readonly max?: (last: MachineSample | undefined) => number;
}

const charts: readonly ChartDefinition[] = [
  {
    title: "CPU",
    format: formatPercent,
    max: () => 100,
    series: [{ label: "all cores", colour: "--chart-1", value: (sample) => sample.cpuPercent }],
  },
  {
    title: "Memory",
    format: formatBytes,
    max: (last) => last?.memoryTotalBytes ?? 1,
    series: [{ label: "used", colour: "--chart-2", value: (sample) => sample.memoryUsedBytes }],
  },
  {
    title: "Disk",
    format: formatRate,
    series: [
      { label: "read", colour: "--chart-1", value: (sample) => sample.diskReadBytesPerSecond },
      { label: "written", colour: "--chart-3", value: (sample) => sample.diskWriteBytesPerSecond },
    ],
  },
  {
    title: "Network",
    format: formatRate,
    series: [
      { label: "received", colour: "--chart-4", value: (sample) => sample.networkReceiveBytesPerSecond },
      { label: "sent", colour: "--chart-2", value: (sample) => sample.networkSendBytesPerSecond },
    ],
  },
];

/** The last ten minutes, live, in four charts that share their cursor. */
export function MachineCharts(props: { readonly machine: string }) {
  const samples = useMachineSamples(props.machine);
  const values = samples?.values ?? [];
  if (values.length === 0 && samples?.error !== undefined) return <Failure error={samples.error} />;
  const times = values.map((sample) => Date.parse(sample.at) / 1000);
  const last = values.at(-1);
  return (
    <div className="grid gap-4 md:grid-cols-2 xl:grid-cols-4">
      {charts.map((chart) => (
        <Panel key={chart.title} title={chart.title} note={<Latest chart={chart} last={last} />}>
          {last === undefined ? (
            <div className="skeleton h-40" role="status" aria-label={`${chart.title} is loading`} />
          ) : (
            <TimeChart
              title={chart.title}
              times={times}
              series={chart.series}
              values={chart.series.map((series) => values.map(series.value))}
              format={chart.format}
              binary={chart.title !== "CPU"}
              {...(chart.max === undefined ? {} : { max: chart.max(last) })}
            />
          )}
        </Panel>
      ))}
    </div>
  );
}

function Latest(props: { readonly chart: ChartDefinition; readonly last: MachineSample | undefined }) {
  const { chart, last } = props;
  if (last === undefined) return null;
  return (
    <span className="inline-flex flex-wrap gap-x-3">
      {chart.series.map((series) => (
        <span key={series.label} className="inline-flex items-baseline gap-1.5">
          <span
            className="inline-block h-0.5 w-2.5 self-center rounded-full"
            style={{ background: `var(${series.colour})` }}
          />
          <span className="text-ink">{chart.format(series.value(last))}</span>
          {chart.series.length > 1 && <span>{series.label}</span>}
        </span>
      ))}
    </span>
  );
}

import { Link } from "react-router";
import type { MachineSample } from "#api/system.ts";
import type { Machine } from "#console/data/queries.ts";
import { useMachineSamples } from "#console/data/samples.ts";
import { Panel } from "#console/kit/panel.tsx";
import { Sparkline } from "#console/kit/sparkline.tsx";
import { formatBytes, formatPercent, formatRate } from "#console/lib/format.ts";

interface Measure {
  readonly label: string;
  readonly value: (sample: MachineSample) => number;
  readonly show: (sample: MachineSample) => string;
  readonly note: (sample: MachineSample, machine: Machine) => string;
  readonly max?: (sample: MachineSample) => number;
  readonly colour: string;
}

const measures: readonly Measure[] = [
  {
    label: "CPU",
    value: (sample) => sample.cpuPercent,
    show: (sample) => formatPercent(sample.cpuPercent),
    note: (sample, machine) => `load ${sample.load1.toFixed(2)} on ${machine.status.cores ?? "?"} cores`,
    max: () => 100,
    colour: "var(--chart-1)",
  },
  {
    label: "Memory",
    value: (sample) => sample.memoryUsedBytes,
    show: (sample) => formatBytes(sample.memoryUsedBytes),
    note: (sample) => `of ${formatBytes(sample.memoryTotalBytes)}`,
    max: (sample) => sample.memoryTotalBytes,
    colour: "var(--chart-2)",
  },
  {
    label: "Disk",
    value: (sample) => sample.diskReadBytesPerSecond + sample.diskWriteBytesPerSecond,
    show: (sample) => formatRate(sample.diskReadBytesPerSecond + sample.diskWriteBytesPerSecond),
    note: () => "read and written",
    colour: "var(--chart-3)",
  },
  {
    label: "Network",
    value: (sample) => sample.networkReceiveBytesPerSecond + sample.networkSendBytesPerSecond,
    show: (sample) => formatRate(sample.networkReceiveBytesPerSecond + sample.networkSendBytesPerSecond),
    note: () => "in and out",
    colour: "var(--chart-4)",
  },
];

/** Seconds that a sparkline shows. */
const shownSamples = 120;

/** This machine in four numbers, each with its last two minutes. */
export function MachineStrip(props: { readonly machine: Machine | undefined }) {
  const { machine } = props;
  const samples = useMachineSamples(machine?.name);
  const values = samples?.values.slice(-shownSamples) ?? [];
  const last = values.at(-1);
  return (
    <Panel
      title="This machine"
      {...(machine === undefined
        ? {}
        : {
            note: machine.status.hostname ?? machine.name,
            actions: (
              <Link
                to={`/machines/${machine.name}`}
                className="link text-xs max-sm:flex max-sm:min-h-10 max-sm:items-center"
              >
                Details
              </Link>
            ),
          })}
    >
      <div className="grid grid-cols-2 gap-x-8 gap-y-5 md:grid-cols-4">
        {measures.map((measure) => (
          <div key={measure.label} className="flex min-w-0 flex-col gap-1">
            <span className="text-xs text-dim">{measure.label}</span>
            {last === undefined || machine === undefined ? (
              <>
                <span className="skeleton my-1 h-6 w-24" />
                <span className="skeleton h-8 w-full" />
              </>
            ) : (
              <>
                <span className="flex flex-wrap items-baseline gap-x-2">
                  <span className="text-lg font-medium tracking-tight text-ink tabular">
                    {measure.show(last)}
                  </span>
                  <span className="text-xs text-faint tabular">{measure.note(last, machine)}</span>
                </span>
                <Sparkline
                  values={values.map(measure.value)}
                  colour={measure.colour}
                  {...(measure.max === undefined ? {} : { max: measure.max(last) })}
                />
              </>
            )}
          </div>
        ))}
      </div>
    </Panel>
  );
}

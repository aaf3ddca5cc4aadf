import type { TrafficSample } from "#api/apps.ts";
import { useInstances } from "#console/data/app-queries.ts";
import { maxTrafficSamples, useTraffic } from "#console/data/traffic-stream.ts";
import { CopyField } from "#console/kit/copy.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { StateMark } from "#console/kit/state.tsx";
import { TimeChart, type Series } from "#console/kit/time-chart.tsx";
import { countOf, formatRate } from "#console/lib/format.ts";
import { formatMs, formatPerSecond } from "#console/lib/traffic-words.ts";
import { StreamNote, lastingError } from "#console/pages/app-live/stream-note.tsx";

interface Chart {
  readonly title: string;
  readonly format: (value: number) => string;
  readonly atLeast: number;
  readonly series: readonly (Series & { readonly value: (sample: TrafficSample) => number })[];
}

const charts: readonly Chart[] = [
  {
    title: "Requests",
    format: formatPerSecond,
    atLeast: 5,
    series: [
      { label: "all", colour: "--chart-1", value: (sample) => sample.requestsPerSecond },
      { label: "failed", colour: "--bad", value: (sample) => sample.errorsPerSecond },
    ],
  },
  {
    title: "Time to answer",
    format: formatMs,
    atLeast: 10,
    series: [
      { label: "half within", colour: "--chart-4", value: (sample) => sample.p50Ms },
      { label: "99 % within", colour: "--chart-3", value: (sample) => sample.p99Ms },
    ],
  },
  {
    title: "Waiting",
    format: (value) => String(Math.round(value)),
    atLeast: 5,
    series: [{ label: "for an instance", colour: "--chart-2", value: (sample) => sample.holding }],
  },
];

/** What goes through an app now: numbers, three charts that share their cursor, and who does the work. */
export function TrafficPanel(props: { readonly project: string; readonly app: string }) {
  const { samples, state } = useTraffic(props.project, props.app);
  const lasting = lastingError(state);
  if (lasting !== undefined) return <Failure error={lasting} />;
  const last = samples.at(-1);
  const times = samples.map((sample) => Date.parse(sample.at) / 1000);
  const isQuiet = samples.every((sample) => sample.requestsPerSecond === 0 && sample.holding === 0);
  return (
    <Panel title="Traffic" note="the last five minutes" actions={<StreamNote state={state} />}>
      <div className="flex flex-col gap-5">
        {last !== undefined && <Holding sample={last} />}
        {last !== undefined && isQuiet && <Quiet app={props.app} />}
        <div className="grid gap-x-6 gap-y-5 md:grid-cols-3">
          {charts.map((chart) => (
            <section key={chart.title} aria-label={chart.title} className="flex min-w-0 flex-col gap-2">
              <ChartHead chart={chart} last={last} />
              {last === undefined ? (
                <div className="skeleton h-40" role="status" aria-label={`${chart.title} is loading`} />
              ) : (
                <TimeChart
                  title={chart.title}
                  times={times}
                  series={chart.series}
                  values={chart.series.map((series) => samples.map(series.value))}
                  format={chart.format}
                  spanSeconds={maxTrafficSamples}
                  atLeast={chart.atLeast}
                />
              )}
            </section>
          ))}
        </div>
        {last !== undefined && <Workers project={props.project} sample={last} />}
      </div>
    </Panel>
  );
}

function ChartHead(props: { readonly chart: Chart; readonly last: TrafficSample | undefined }) {
  const { chart, last } = props;
  return (
    <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
      <h3 className="text-sm font-medium text-ink">{chart.title}</h3>
      <span className="flex flex-wrap gap-x-4 text-xs text-dim tabular">
        {chart.series.map((series) => (
          <span key={series.label} className="inline-flex items-baseline gap-1.5">
            <span
              className="inline-block h-0.5 w-2.5 self-center rounded-full"
              style={{ background: `var(${series.colour})` }}
            />
            {series.label}
            <span className="font-medium text-ink">
              {last === undefined ? "–" : chart.format(series.value(last))}
            </span>
          </span>
        ))}
      </span>
    </div>
  );
}

/** Requests that wait are the sign of a release that goes over or of instances that are too few: said in words. */
function Holding(props: { readonly sample: TrafficSample }) {
  const { holding } = props.sample;
  return (
    <div role="status" className={holding === 0 ? "sr-only" : "rounded-md bg-warn-soft px-3 py-2"}>
      {holding === 0 ? (
        "No request waits."
      ) : (
        <p className="flex items-center gap-2 text-ink">
          <StateMark tone="warn" />
          <span>
            <strong className="font-medium tabular">{countOf(holding, "request")}</strong>
            {holding === 1 ? " waits" : " wait"} for an instance. None is lost: they are answered as soon as
            one is ready.
          </span>
        </p>
      )}
    </div>
  );
}

function Quiet(props: { readonly app: string }) {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 text-dim">
      <p>Nobody has asked for anything in these minutes. To see it under load:</p>
      <CopyField text={`vdc demo traffic ${props.app}`} label="Copy the command that makes traffic" />
    </div>
  );
}

/** Bars end here unless an instance has more in flight. */
const usualInFlight = 10;

function Workers(props: { readonly project: string; readonly sample: TrafficSample }) {
  const { items } = useInstances(props.project);
  const { sample } = props;
  if (sample.instances.length === 0)
    return <p className="text-dim">No instance takes requests at this moment.</p>;
  const top = Math.max(usualInFlight, ...sample.instances.map((each) => each.inFlight));
  const nameOf = (id: string) => items?.find((instance) => instance.id === id || instance.name === id)?.name;
  return (
    <section aria-label="Requests by instance" className="flex flex-col gap-3">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <h3 className="text-sm font-medium text-ink">In flight, by instance</h3>
        <span className="text-xs text-dim tabular">answers {formatRate(sample.responseBytesPerSecond)}</span>
      </div>
      <ul className="grid gap-x-6 gap-y-3 md:grid-cols-2 xl:grid-cols-3">
        {sample.instances.map((each) => (
          <li key={each.instance} className="flex min-w-0 flex-col gap-1">
            <span className="flex items-baseline justify-between gap-3">
              <span className="min-w-0 truncate text-dim">{nameOf(each.instance) ?? each.instance}</span>
              <span className="whitespace-nowrap text-ink tabular">
                {each.inFlight} in flight
                <span className="text-faint"> · {formatPerSecond(each.requestsPerSecond)}</span>
              </span>
            </span>
            <span aria-hidden="true" className="h-1.5 overflow-hidden rounded-full bg-sunken">
              <span
                className="meter-fill block h-full rounded-full bg-accent transition-[width] duration-200"
                style={{ width: `${(each.inFlight / top) * 100}%`, minWidth: each.inFlight > 0 ? 3 : 0 }}
              />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

import type { InstanceUsage } from "#api/apps.ts";
import type { Instance } from "#console/data/app-queries.ts";
import { Drawer } from "#console/kit/dialog.tsx";
import { Facts } from "#console/kit/panel.tsx";
import { State } from "#console/kit/state.tsx";
import { Ago, FullTime } from "#console/kit/time.tsx";
import { exitText, instanceTones } from "#console/lib/app-view.ts";
import { formatBytes, formatCount, formatPercent } from "#console/lib/format.ts";

/** One instance: where it is, how it ended last, and what separates it from the machine. */
export function InstanceDrawer(props: {
  readonly instance: Instance;
  readonly usage: InstanceUsage | undefined;
  readonly onClose: () => void;
}) {
  const { instance, usage } = props;
  const { spec, status } = instance;
  const phase = status.phase ?? "pending";
  return (
    <Drawer open onClose={props.onClose} title={instance.name}>
      <div className="flex flex-col gap-6 p-4">
        <div>
          <State tone={instanceTones[phase]}>{phase.replace("-", " ")}</State>
          {status.reason !== undefined && <p className="mt-1 text-dim">{status.reason}</p>}
        </div>
        <Facts
          items={[
            { name: "Component", value: spec.component },
            { name: "Release", value: spec.release },
            { name: "Machine", value: spec.machine },
            { name: "Engine", value: spec.engine },
            {
              name: "Address",
              value:
                status.port === undefined || status.port === 0
                  ? "serves nothing"
                  : `${status.address ?? ""}:${status.port}`,
            },
            { name: "Process", value: status.pid ?? "none" },
            { name: "Started", value: timeOr(status.startedAt) },
            { name: "Ready since", value: timeOr(status.readyAt) },
            { name: "Restarts", value: formatCount(status.restarts ?? 0) },
            ...(status.nextStartAt === undefined
              ? []
              : [{ name: "Next start", value: <Ago at={status.nextStartAt} /> }]),
            ...usageFacts(usage),
          ]}
        />
        {status.lastExit !== undefined && (
          <section aria-label="Last exit" className="flex flex-col gap-1 rounded-md bg-sunken px-3 py-2">
            <h3 className="text-sm font-semibold">Last exit</h3>
            <p>{exitText(status.lastExit)}</p>
            <p className="text-xs text-dim">
              <Ago at={status.lastExit.at} />
              {status.lastExit.code !== undefined && ` · status ${status.lastExit.code}`}
              {status.lastExit.signal !== undefined && ` · ${status.lastExit.signal}`}
            </p>
          </section>
        )}
        <Protections instance={instance} />
      </div>
    </Drawer>
  );
}

function timeOr(at: string | undefined) {
  return at === undefined ? <span className="text-faint">not now</span> : <FullTime at={at} />;
}

function usageFacts(usage: InstanceUsage | undefined) {
  if (usage === undefined) return [];
  return [
    ...(usage.cpuPercent === undefined ? [] : [{ name: "CPU", value: formatPercent(usage.cpuPercent) }]),
    ...(usage.memoryBytes === undefined ? [] : [{ name: "Memory", value: formatBytes(usage.memoryBytes) }]),
    ...(usage.processes === undefined ? [] : [{ name: "Processes", value: formatCount(usage.processes) }]),
    { name: "In flight", value: formatCount(usage.inFlight) },
    { name: "Requests", value: `${formatCount(usage.requests)}, ${formatCount(usage.failures)} failed` },
  ];
}

function Protections(props: { readonly instance: Instance }) {
  const protections = props.instance.status.protections ?? [];
  const active = protections.filter((one) => one.active).length;
  return (
    <section aria-label="What separates it" className="flex flex-col gap-2">
      <h3 className="flex items-baseline gap-3 text-sm font-semibold">
        What separates it
        <span className="text-xs font-normal text-faint tabular">
          {`${active} of ${protections.length} active`}
        </span>
      </h3>
      {protections.length === 0 ? (
        <p className="text-dim">Not known before it has started.</p>
      ) : (
        <ul className="divide-y divide-line rounded-md border border-line">
          {protections
            .toSorted((a, b) => Number(a.active) - Number(b.active))
            .map((one) => (
              <li key={one.name} className="px-3 py-2">
                <State tone={one.active ? "good" : "warn"}>
                  {`${one.name.replaceAll("-", " ")}${one.active ? "" : ": not active"}`}
                </State>
                {one.detail !== undefined && <p className="pl-4.5 text-xs text-dim">{one.detail}</p>}
              </li>
            ))}
        </ul>
      )}
    </section>
  );
}

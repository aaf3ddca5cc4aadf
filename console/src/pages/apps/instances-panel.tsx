import { useState } from "react";
import type { InstanceUsage } from "#api/apps.ts";
import { useInstances, useTop, type App, type Instance, type Package } from "#console/data/app-queries.ts";
import { DataTable, type Column } from "#console/kit/data-table.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { Empty } from "#console/kit/page.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { State } from "#console/kit/state.tsx";
import { Ago } from "#console/kit/time.tsx";
import { exitText, instanceCounts, instancesOf, instanceTones } from "#console/lib/app-view.ts";
import { formatBytes, formatCount, formatPercent } from "#console/lib/format.ts";
import { InstanceDrawer } from "#console/pages/apps/instance-drawer.tsx";

type Usage = ReadonlyMap<string, InstanceUsage>;

/** The running copies, each with what it does and uses now. */
export function InstancesPanel(props: { readonly app: App; readonly of: Package | undefined }) {
  const { app } = props;
  const project = app.project ?? "";
  const query = useInstances(project);
  const instances = query.items === undefined ? undefined : instancesOf(app, query.items);
  const top = useTop(project, app.name, (instances?.length ?? 0) > 0);
  const usage: Usage = new Map((top.data ?? []).map((one) => [one.instance, one]));
  const [open, setOpen] = useState<string>();
  const shown = instances?.find(({ name }) => name === open);
  const { ready, wanted } = instanceCounts(app);
  const several = (props.of?.spec.components.length ?? 1) > 1;
  return (
    <Panel title="Instances" note={`${ready} of ${wanted} ready`} flush>
      {instances === undefined ? (
        query.error === null ? (
          <SkeletonRows rows={2} />
        ) : (
          <div className="p-4">
            <Failure error={query.error} onRetry={() => void query.refetch()} />
          </div>
        )
      ) : (
        <DataTable
          label="Instances"
          columns={columns({ usage, several, onOpen: setOpen })}
          rows={instances}
          rowKey={(instance) => instance.id}
          empty={
            <Empty title={app.spec.stopped ? "It is stopped" : "No instance yet"}>
              {app.spec.stopped
                ? "Start it from the menu above: volumes, releases and routes are as they were."
                : "Instances appear here by themselves."}
            </Empty>
          }
        />
      )}
      {shown !== undefined && (
        <InstanceDrawer instance={shown} usage={usage.get(shown.name)} onClose={() => setOpen(undefined)} />
      )}
    </Panel>
  );
}

function columns(options: {
  readonly usage: Usage;
  readonly several: boolean;
  readonly onOpen: (name: string) => void;
}): readonly Column<Instance>[] {
  const { usage } = options;
  return [
    {
      header: "Instance",
      cell: (one) => (
        <button
          type="button"
          onClick={() => options.onOpen(one.name)}
          className="min-h-8 text-left font-medium text-ink hover:underline hover:underline-offset-3"
        >
          {one.name}
        </button>
      ),
    },
    ...(options.several
      ? [{ header: "Component", cell: (one: Instance) => one.spec.component, className: "text-dim" }]
      : []),
    { header: "State", cell: (one) => <InstancePhase instance={one} /> },
    { header: "Release", align: "end", cell: (one) => one.spec.release },
    {
      header: "Restarts",
      align: "end",
      optional: true,
      cell: (one) => formatCount(one.status.restarts ?? 0),
    },
    {
      header: "In flight",
      align: "end",
      cell: (one) => countOrDash(usage.get(one.name)?.inFlight),
    },
    {
      header: "CPU",
      align: "end",
      cell: (one) => {
        const percent = usage.get(one.name)?.cpuPercent;
        return percent === undefined ? "–" : formatPercent(percent);
      },
    },
    {
      header: "Memory",
      align: "end",
      cell: (one) => {
        const bytes = usage.get(one.name)?.memoryBytes;
        return bytes === undefined ? "–" : formatBytes(bytes);
      },
    },
    {
      header: "Address",
      optional: true,
      cell: (one) =>
        one.status.port === undefined || one.status.port === 0
          ? "–"
          : `${one.status.address ?? ""}:${one.status.port}`,
      className: "text-dim tabular",
    },
    {
      header: "Started",
      optional: true,
      align: "end",
      cell: (one) => (one.status.startedAt === undefined ? "–" : <Ago at={one.status.startedAt} />),
      className: "text-dim",
    },
  ];
}

function countOrDash(count: number | undefined): string {
  return count === undefined ? "–" : formatCount(count);
}

function InstancePhase(props: { readonly instance: Instance }) {
  const { spec, status } = props.instance;
  const phase = status.phase ?? "pending";
  const why =
    status.reason ??
    (status.lastExit !== undefined && phase !== "ready" ? exitText(status.lastExit) : undefined);
  return (
    <span className="block min-w-0">
      <State tone={instanceTones[phase]}>
        {spec.wanted === "draining" && phase === "ready" ? "draining" : phase.replace("-", " ")}
      </State>
      {why !== undefined && (
        <span className="block max-w-[36ch] truncate text-xs text-dim" title={why}>
          {why}
        </span>
      )}
    </span>
  );
}

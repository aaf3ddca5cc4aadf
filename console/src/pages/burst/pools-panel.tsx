import { Link } from "react-router";
import type { PoolState } from "#api/kinds/app.ts";
import { useAppsOf, type App } from "#console/data/app-queries.ts";
import { DataTable, type Column } from "#console/kit/data-table.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { Ago } from "#console/kit/time.tsx";

interface Pool extends PoolState {
  readonly project: string;
  readonly app: string;
  readonly ready: number;
}

/** Apps whose instances work here, sized by what waits; nothing where there are none. */
export function PoolsPanel(props: { readonly projects: readonly string[] }) {
  const { items } = useAppsOf(props.projects);
  const pools = (items ?? []).flatMap(poolsOf);
  if (pools.length === 0) return null;
  return (
    <Panel title="Pools" note={pools.length} flush>
      <DataTable
        label="Pools"
        columns={columns}
        rows={pools}
        rowKey={({ project, app, component }) => `${project}/${app}/${component}`}
        empty={null}
      />
    </Panel>
  );
}

function poolsOf({ project = "", name, status }: App): readonly Pool[] {
  return (status.pools ?? []).map((pool) => {
    const component = status.components?.find((one) => one.name === pool.component);
    return { project, app: name, ready: component?.ready ?? 0, ...pool };
  });
}

const columns: readonly Column<Pool>[] = [
  {
    header: "Pool",
    sortBy: ({ app, component }) => `${app}/${component}`,
    cell: ({ project, app, component }) => (
      <Link to={`/apps/${project}/${app}`} className="link font-medium">
        {app}/{component}
      </Link>
    ),
  },
  { header: "Project", optional: true, cell: ({ project }) => project, className: "text-dim" },
  {
    header: "Workers",
    align: "end",
    sortBy: ({ ready }) => ready,
    cell: ({ ready, wanted }) => (ready === wanted ? String(ready) : `${ready} of ${wanted}`),
  },
  { header: "Bounds", align: "end", cell: ({ min, max }) => `${min} to ${max}`, className: "text-dim" },
  {
    header: "Why",
    cell: ({ reason, since }) => (
      <span className="text-dim">
        {reason} <Ago at={since} />
      </span>
    ),
  },
];

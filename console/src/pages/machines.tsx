import { Link } from "react-router";
import { useMachines, type Machine } from "#console/data/queries.ts";
import { DataTable, type Column } from "#console/kit/data-table.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { Empty, Page } from "#console/kit/page.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { State } from "#console/kit/state.tsx";
import { Ago } from "#console/kit/time.tsx";
import { formatBytes } from "#console/lib/format.ts";
import { OwnerOnly } from "#console/pages/owner-only.tsx";

const columns: readonly Column<Machine>[] = [
  {
    header: "Name",
    sortBy: (machine) => machine.name,
    cell: (machine) => (
      <Link
        to={`/machines/${machine.name}`}
        className="font-medium text-ink hover:underline hover:underline-offset-3 max-sm:inline-flex max-sm:min-h-8 max-sm:items-center"
      >
        {machine.name}
      </Link>
    ),
  },
  {
    header: "State",
    cell: (machine) => (
      <State
        tone={
          machine.status.phase === "unreachable" ? "bad" : machine.status.phase === "ready" ? "good" : "rest"
        }
      >
        {machine.status.phase ?? "not yet looked at"}
      </State>
    ),
  },
  {
    header: "Takes new work",
    cell: (machine) => (machine.spec.schedulable ? "yes" : "no"),
    className: "text-dim",
  },
  {
    header: "System",
    optional: true,
    cell: (machine) => machine.status.operatingSystem ?? "–",
    className: "text-dim",
  },
  {
    header: "Cores",
    align: "end",
    sortBy: (machine) => machine.status.cores ?? 0,
    cell: (machine) => machine.status.cores ?? "–",
  },
  {
    header: "Memory",
    align: "end",
    sortBy: (machine) => machine.status.memoryBytes ?? 0,
    cell: (machine) =>
      machine.status.memoryBytes === undefined ? "–" : formatBytes(machine.status.memoryBytes),
  },
  {
    header: "Joined",
    optional: true,
    align: "end",
    cell: (machine) => <Ago at={machine.createdAt} />,
    className: "text-dim",
  },
];

export function Machines() {
  return (
    <OwnerOnly title="Machines" action="machine.view">
      <MachineTable />
    </OwnerOnly>
  );
}

function MachineTable() {
  const query = useMachines();
  return (
    <Page title="Machines" subtitle="Hosts that belong to the data center.">
      <Panel title="Machines" quietTitle flush>
        {query.machines === undefined ? (
          query.error === null ? (
            <SkeletonRows rows={2} />
          ) : (
            <div className="p-4">
              <Failure error={query.error} onRetry={() => void query.refetch()} />
            </div>
          )
        ) : (
          <DataTable
            label="Machines"
            columns={columns}
            rows={query.machines}
            rowKey={(machine) => machine.id}
            empty={<Empty title="No machine yet">This host registers itself a moment after the start.</Empty>}
          />
        )}
      </Panel>
    </Page>
  );
}

import { useState } from "react";
import type { MachineProcess } from "#api/system.ts";
import { useProcesses } from "#console/data/queries.ts";
import { DataTable, type Column } from "#console/kit/data-table.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { SelectField } from "#console/kit/field.tsx";
import { Empty } from "#console/kit/page.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { Tag } from "#console/kit/state.tsx";
import { formatBytes, formatPercent } from "#console/lib/format.ts";

const columns: readonly Column<MachineProcess>[] = [
  {
    header: "Process",
    sortBy: (process) => process.name,
    cell: (process) => (
      <span className="flex min-w-0 items-center gap-2">
        <span className="font-medium">{process.name}</span>
        {process.part !== undefined && <Tag tone="busy">{process.part}</Tag>}
      </span>
    ),
  },
  {
    header: "PID",
    align: "end",
    sortBy: (process) => process.pid,
    cell: (process) => process.pid,
    className: "text-dim",
  },
  {
    header: "User",
    optional: true,
    sortBy: (process) => process.user,
    cell: (process) => process.user,
    className: "text-dim",
  },
  {
    header: "CPU",
    align: "end",
    sortBy: (process) => process.cpuPercent,
    cell: (process) => formatPercent(process.cpuPercent),
  },
  {
    header: "Memory",
    align: "end",
    sortBy: (process) => process.residentBytes,
    cell: (process) => formatBytes(process.residentBytes),
  },
  {
    header: "Command",
    optional: true,
    className: "text-dim max-w-md",
    cell: (process) => (
      <code className="line-clamp-1 text-xs break-all" title={process.command}>
        {process.command}
      </code>
    ),
  },
];

/** Rows before "Show more": the page stays short where rows are cards. */
const rowsShown = 15;

/** What uses most right now, read again every three seconds. The columns sort what was read. */
export function MachineProcesses(props: { readonly machine: string }) {
  const [by, setBy] = useState<"cpu" | "memory">("cpu");
  const query = useProcesses(props.machine, by);
  return (
    <Panel
      title="Processes"
      note="the 50 that use most"
      flush
      actions={
        <SelectField
          label="Use most"
          hideLabel
          value={by}
          onChange={(event) => setBy(event.target.value === "memory" ? "memory" : "cpu")}
        >
          <option value="cpu">By CPU</option>
          <option value="memory">By memory</option>
        </SelectField>
      }
    >
      {query.data === undefined ? (
        query.error === null ? (
          <SkeletonRows rows={8} />
        ) : (
          <div className="p-4">
            <Failure error={query.error} onRetry={() => void query.refetch()} />
          </div>
        )
      ) : (
        <DataTable
          key={by}
          label="Processes"
          columns={columns}
          rows={query.data}
          rowKey={(process) => String(process.pid)}
          rowsAtOnce={rowsShown}
          startSorted={{ column: by === "cpu" ? 3 : 4, descending: true }}
          empty={<Empty title="No process is visible" />}
        />
      )}
    </Panel>
  );
}

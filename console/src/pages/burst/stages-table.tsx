import type { Job } from "#api/burst.ts";
import { DataTable, type Column } from "#console/kit/data-table.tsx";
import { Empty } from "#console/kit/page.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { Tag } from "#console/kit/state.tsx";
import { formatCost } from "#console/lib/burst-text.ts";
import { formatCount } from "#console/lib/format.ts";

type Stage = Job["stages"][number];

const columns: readonly Column<Stage>[] = [
  { header: "Stage", cell: ({ name }) => <span className="font-medium">{name}</span> },
  {
    header: "Done",
    align: "end",
    cell: ({ done, tasks }) => `${formatCount(done)} of ${formatCount(tasks)}`,
  },
  { header: "Running", align: "end", cell: ({ running }) => formatCount(running) },
  {
    header: "Failed",
    align: "end",
    cell: ({ failed }) => (failed === 0 ? "0" : <Tag tone="warn">{formatCount(failed)}</Tag>),
  },
  {
    header: "Work",
    align: "end",
    className: "text-dim",
    cell: ({ cost }) => formatCost(cost),
  },
];

export function StagesTable({ job }: { readonly job: Job }) {
  return (
    <Panel title="Stages" note={formatCount(job.stages.length)} flush>
      <DataTable
        label="Stages"
        columns={columns}
        rows={job.stages}
        rowKey={({ name }) => name}
        empty={<Empty title="This job has no tasks" />}
      />
    </Panel>
  );
}

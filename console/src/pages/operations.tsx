import { Link, useSearchParams } from "react-router";
import type { Operation } from "#api/records.ts";
import { useOperations } from "#console/data/queries.ts";
import { Button } from "#console/kit/button.tsx";
import { DataTable, type Column } from "#console/kit/data-table.tsx";
import { Failure, FailureNote } from "#console/kit/failure.tsx";
import { SelectField } from "#console/kit/field.tsx";
import { Progress } from "#console/kit/meter.tsx";
import { Empty, Page } from "#console/kit/page.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { State } from "#console/kit/state.tsx";
import { Ago } from "#console/kit/time.tsx";
import { countOf, formatDuration } from "#console/lib/format.ts";
import { isRunning, operationTones } from "#console/lib/operations.ts";
import { useAction } from "#console/lib/use-action.ts";

const columns: readonly Column<Operation>[] = [
  {
    header: "Operation",
    cell: (operation) => (
      <Link
        to={`/operations/${operation.id}`}
        className="font-medium text-ink hover:underline hover:underline-offset-3 max-sm:inline-flex max-sm:min-h-8 max-sm:items-center"
      >
        {operation.title}
      </Link>
    ),
  },
  {
    header: "State",
    cell: (operation) => <State tone={operationTones[operation.state]}>{operation.state}</State>,
  },
  {
    header: "Progress",
    cell: (operation) =>
      isRunning(operation) ? (
        <span className="flex w-32 items-center gap-2">
          <span className="grow">
            <Progress label={operation.title} percent={operation.percent} />
          </span>
          <span className="text-xs text-dim tabular">{operation.percent} %</span>
        </span>
      ) : (
        <span className="text-dim tabular">{tookText(operation)}</span>
      ),
  },
  {
    header: "Project",
    optional: true,
    cell: (operation) => operation.project ?? <span className="text-faint">–</span>,
    className: "text-dim",
  },
  { header: "By", optional: true, cell: (operation) => operation.actor.name, className: "text-dim" },
  {
    header: "Started",
    align: "end",
    cell: (operation) => <Ago at={operation.createdAt} />,
    className: "text-dim",
  },
];

function tookText(operation: Operation): string {
  if (operation.finishedAt === undefined) return "";
  return `took ${formatDuration(Date.parse(operation.finishedAt) - Date.parse(operation.createdAt))}`;
}

const states = [
  "running",
  "cancelling",
  "succeeded",
  "failed",
  "cancelled",
] as const satisfies readonly Operation["state"][];

export function Operations() {
  const query = useOperations();
  const older = useAction(query.loadOlder);
  const [search, setSearch] = useSearchParams();
  const state = search.get("state") ?? "";
  const rows = (query.data?.items ?? []).filter((operation) => state === "" || operation.state === state);
  return (
    <Page
      title="Operations"
      subtitle="What takes longer than a moment: who began it, how far it is, how it ended."
    >
      <Panel
        title="Operations"
        quietTitle
        note={query.data === undefined ? "" : countOf(rows.length, "operation")}
        flush
        actions={
          <SelectField
            label="State"
            hideLabel
            value={state}
            onChange={(event) =>
              setSearch(event.target.value === "" ? {} : { state: event.target.value }, { replace: true })
            }
          >
            <option value="">All states</option>
            {states.map((item) => (
              <option key={item} value={item}>
                {item}
              </option>
            ))}
          </SelectField>
        }
      >
        {query.data === undefined ? (
          query.error === null ? (
            <SkeletonRows />
          ) : (
            <div className="p-4">
              <Failure error={query.error} onRetry={() => void query.refetch()} />
            </div>
          )
        ) : (
          <DataTable
            label="Operations"
            columns={columns}
            rows={rows}
            rowKey={(operation) => operation.id}
            empty={
              <Empty title={state === "" ? "Nothing has been done yet" : `No operation is ${state}`}>
                Deleting a project or looking again at a machine starts one. Each shows its steps and its log.
              </Empty>
            }
          />
        )}
        {query.data !== undefined && !query.data.complete && (
          <div className="flex flex-col items-center gap-2 border-t border-line p-3">
            <FailureNote error={older.error} />
            <Button busy={older.busy} onClick={() => older.run()}>
              Load older
            </Button>
          </div>
        )}
      </Panel>
    </Page>
  );
}

import { useState } from "react";
import { Link } from "react-router";
import type { AuditEntry, Operation } from "#api/records.ts";
import { api } from "#console/data/api.ts";
import { useAudit, useOperations } from "#console/data/queries.ts";
import { Button } from "#console/kit/button.tsx";
import { DataTable, type Column } from "#console/kit/data-table.tsx";
import { Failure, FailureNote } from "#console/kit/failure.tsx";
import { Empty, Page } from "#console/kit/page.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { State } from "#console/kit/state.tsx";
import { FullTime } from "#console/kit/time.tsx";
import { isRunning, operationTones } from "#console/lib/operations.ts";
import { useAction } from "#console/lib/use-action.ts";
import { OwnerOnly } from "#console/pages/owner-only.tsx";

const columns: readonly Column<AuditEntry>[] = [
  {
    header: "Entry",
    cell: (entry) => (
      <span className="flex flex-wrap items-baseline gap-x-3">
        <span className="w-10 text-faint tabular">{entry.sequence}</span>
        <span>
          <span className="font-medium">{entry.verb}</span>{" "}
          <span className="text-dim">
            {entry.target.kind}/{entry.target.project === undefined ? "" : `${entry.target.project}/`}
            {entry.target.name}
          </span>
        </span>
      </span>
    ),
  },
  { header: "By", cell: (entry) => <span title={entry.actor.type}>{entry.actor.name}</span> },
  { header: "From", optional: true, cell: (entry) => entry.address ?? "–", className: "text-dim" },
  {
    header: "Outcome",
    cell: (entry) => <State tone={entry.outcome === "done" ? "good" : "bad"}>{entry.outcome}</State>,
  },
  {
    header: "Hash",
    optional: true,
    cell: (entry) => (
      <code className="text-xs text-dim" title={entry.hash}>
        {entry.hash.slice(0, 12)}
      </code>
    ),
  },
  { header: "When", align: "end", cell: (entry) => <FullTime at={entry.at} />, className: "text-dim" },
];

export function Audit() {
  return (
    <OwnerOnly title="Audit" action="audit.view">
      <AuditChain />
    </OwnerOnly>
  );
}

function AuditChain() {
  const query = useAudit("");
  const [started, setStarted] = useState<Operation>();
  const verify = useAction(async () => {
    setStarted(await api.call(api.routes["audit.verify"]));
  });
  const entries = query.data?.pages.flat();
  return (
    <Page
      title="Audit"
      subtitle="Every change and every refusal, each entry chained to the one before by its hash."
      actions={
        <>
          <Button look="quiet" busy={query.isFetching} onClick={() => void query.refetch()}>
            Refresh
          </Button>
          <Button busy={verify.busy} onClick={() => verify.run()}>
            Verify the chain
          </Button>
        </>
      }
    >
      <FailureNote error={verify.error} />
      {started !== undefined && <Verification started={started} />}
      <Panel title="Entries" quietTitle flush>
        {entries === undefined ? (
          query.error === null ? (
            <SkeletonRows rows={8} />
          ) : (
            <div className="p-4">
              <Failure error={query.error} onRetry={() => void query.refetch()} />
            </div>
          )
        ) : (
          <DataTable
            label="Audit entries"
            columns={columns}
            rows={entries}
            rowKey={(entry) => String(entry.sequence)}
            empty={<Empty title="Nothing is recorded yet">The first change or sign-in will be here.</Empty>}
          />
        )}
        {query.hasNextPage && (
          <div className="flex justify-center border-t border-line p-3">
            <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              Load older
            </Button>
          </div>
        )}
      </Panel>
    </Page>
  );
}

/** How the walk over the chain goes, and what it found. */
function Verification(props: { readonly started: Operation }) {
  const live = useOperations().data?.items.find((operation) => operation.id === props.started.id);
  const operation = live ?? props.started;
  const entries = Object.entries(operation.result ?? {}).filter(([, value]) => typeof value !== "object");
  return (
    <div
      role="status"
      className="flex flex-wrap items-center gap-x-6 gap-y-1 rounded-lg border border-line bg-surface px-4 py-3"
    >
      <State tone={operationTones[operation.state]} className="font-medium">
        {isRunning(operation)
          ? `Checking every hash, ${operation.percent} %`
          : operation.state === "succeeded"
            ? "The chain is intact"
            : "The chain could not be confirmed"}
      </State>
      {operation.error !== undefined && <span className="text-dim">{operation.error.message}</span>}
      {entries.map(([name, value]) => (
        <span key={name} className="text-dim tabular">
          {name} <span className="text-ink">{JSON.stringify(value)}</span>
        </span>
      ))}
      <Link to={`/operations/${operation.id}`} className="link ml-auto text-xs">
        Operation
      </Link>
    </div>
  );
}

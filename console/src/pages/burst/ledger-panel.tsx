import { Link } from "react-router";
import type { LedgerEntry } from "#api/burst.ts";
import { useLedger } from "#console/data/burst-queries.ts";
import { Button } from "#console/kit/button.tsx";
import { DataTable, type Column } from "#console/kit/data-table.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { Empty } from "#console/kit/page.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { Tag, type Tone } from "#console/kit/state.tsx";
import { Ago } from "#console/kit/time.tsx";
import { entryWords } from "#console/lib/burst-view.ts";
import { Money } from "#console/pages/burst/money.tsx";

/** Every transfer of a project, newest first. None is ever changed. */
export function LedgerPanel({ project }: { readonly project: string }) {
  const ledger = useLedger(project);
  return (
    <Panel title="Ledger" note="transfers, none is ever changed" flush>
      {ledger.items === undefined ? (
        ledger.error === null ? (
          <SkeletonRows rows={3} />
        ) : (
          <div className="p-4">
            <Failure error={ledger.error} onRetry={() => void ledger.refetch()} />
          </div>
        )
      ) : (
        <DataTable
          label="Transfers"
          columns={columns(project)}
          rows={ledger.items}
          rowKey={({ id }) => id}
          empty={<Empty title="Nothing was spent yet">Accepting an offer reserves its bound here.</Empty>}
        />
      )}
      {ledger.hasNextPage && (
        <div className="flex justify-center border-t border-line p-3">
          <Button busy={ledger.isFetchingNextPage} onClick={() => void ledger.fetchNextPage()}>
            Older transfers
          </Button>
        </div>
      )}
    </Panel>
  );
}

const tones: Readonly<Record<LedgerEntry["kind"], Tone>> = {
  hold: "rest",
  post: "busy",
  void: "rest",
  refund: "good",
  payment: "good",
};

function columns(project: string): readonly Column<LedgerEntry>[] {
  return [
    {
      header: "What",
      cell: ({ text, kind }) => (
        <span className="flex min-w-0 items-center gap-2">
          <Tag tone={tones[kind]}>{entryWords[kind]}</Tag>
          <span className="min-w-0">{text}</span>
        </span>
      ),
    },
    {
      header: "Amount",
      align: "end",
      cell: ({ amount, currency }) => <Money amount={amount} currency={currency} />,
    },
    {
      header: "From",
      optional: true,
      className: "text-dim",
      cell: ({ debit }) => <code className="text-xs">{debit}</code>,
    },
    {
      header: "To",
      optional: true,
      className: "text-dim",
      cell: ({ credit }) => <code className="text-xs">{credit}</code>,
    },
    {
      header: "Job",
      cell: ({ job }) =>
        job === undefined ? (
          <span className="text-faint">–</span>
        ) : (
          <Link to={`/burst/jobs/${project}/${job}`} className="link">
            Job
          </Link>
        ),
    },
    { header: "When", align: "end", className: "text-dim", cell: ({ at }) => <Ago at={at} /> },
  ];
}

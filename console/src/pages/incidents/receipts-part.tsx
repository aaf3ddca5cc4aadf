import type { Incident, Receipt } from "#api/incidents.ts";
import { maxProjectsAtOnce } from "#console/data/app-queries.ts";
import { useReceipts, useSubscriptionsOf, type Subscription } from "#console/data/incident-queries.ts";
import { useProjects } from "#console/data/queries.ts";
import { DataTable, type Column } from "#console/kit/data-table.tsx";
import { FailureNote } from "#console/kit/failure.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { State } from "#console/kit/state.tsx";
import { ClockTime } from "#console/kit/time.tsx";
import { channelWords, receiptWords } from "#console/lib/incident-view.ts";

/** Who was told of an incident, when, and what the other side said. */
export function ReceiptsPart({ incident }: { readonly incident: Incident }) {
  const { projects } = useProjects();
  const affected = new Set(incident.affected.projects.map(({ project }) => project));
  const names = (projects ?? [])
    .map(({ name }) => name)
    .filter((name) => incident.affected.everyone || affected.has(name))
    .slice(0, maxProjectsAtOnce);
  const { items, error } = useReceipts(names, incident.id);
  const subscriptions = useSubscriptionsOf(names);
  return (
    <div className="min-w-0 lg:col-span-2">
      <h4 className="mb-2 text-xs font-medium text-dim">Who was told</h4>
      {error !== null ? (
        <FailureNote error={error} />
      ) : items === undefined || projects === undefined ? (
        <SkeletonRows rows={1} />
      ) : (
        <div className="overflow-hidden rounded-md border border-line">
          <DataTable
            label={`Messages about ${incident.title}`}
            columns={columns(subscriptions.items ?? [], names.length > 1)}
            rows={items}
            rowKey={(receipt) => `${receipt.subscription} ${receipt.update}`}
            empty={
              <p className="px-4 py-3 text-dim">
                No subscription was to be told. The public status page and its feed say it.
              </p>
            }
          />
        </div>
      )}
    </div>
  );
}

function columns(known: readonly Subscription[], withProject: boolean): readonly Column<Receipt>[] {
  const of = (receipt: Receipt) => known.find(({ id }) => id === receipt.subscription);
  return [
    {
      header: "Subscription",
      cell: (receipt) => (
        <span className="font-medium">
          {of(receipt)?.name ?? (receipt.channel === "web-push" ? "a browser" : "one that is gone")}
        </span>
      ),
    },
    ...(withProject
      ? [{ header: "Project", cell: (receipt: Receipt) => receipt.project, className: "text-dim" }]
      : []),
    { header: "How", cell: (receipt) => channelWords[receipt.channel], className: "text-dim" },
    { header: "Update", align: "end", cell: (receipt) => receipt.update + 1 },
    {
      header: "State",
      cell: (receipt) => (
        <State tone={receiptWords[receipt.state].tone}>{receiptWords[receipt.state].text}</State>
      ),
    },
    { header: "When", cell: (receipt) => <ClockTime at={receipt.at} /> },
    {
      header: "The other side said",
      cell: (receipt) => <span className="break-words">{receipt.answer ?? "–"}</span>,
      className: "text-dim",
    },
  ];
}

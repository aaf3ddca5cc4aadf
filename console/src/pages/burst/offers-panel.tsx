import { useState } from "react";
import { Link } from "react-router";
import type { Offer } from "#api/burst.ts";
import { useOffers } from "#console/data/burst-queries.ts";
import { Button } from "#console/kit/button.tsx";
import { DataTable, type Column } from "#console/kit/data-table.tsx";
import { Drawer } from "#console/kit/dialog.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { Empty } from "#console/kit/page.tsx";
import { Facts, Panel } from "#console/kit/panel.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { State } from "#console/kit/state.tsx";
import { Ago, FullTime } from "#console/kit/time.tsx";
import { formatCores, formatCost, formatSeconds } from "#console/lib/burst-text.ts";
import { offerState } from "#console/lib/burst-view.ts";
import { countOf, formatBytes } from "#console/lib/format.ts";
import { Money, Receipt } from "#console/pages/burst/money.tsx";

/** What was offered to a project; each opens as the receipt that was shown before it was accepted. */
export function OffersPanel({ project }: { readonly project: string }) {
  const offers = useOffers(project);
  const [shown, setShown] = useState<string>();
  const opened = offers.items?.find(({ id }) => id === shown);
  return (
    <Panel title="Offers" flush>
      {offers.items === undefined ? (
        offers.error === null ? (
          <SkeletonRows rows={3} />
        ) : (
          <div className="p-4">
            <Failure error={offers.error} onRetry={() => void offers.refetch()} />
          </div>
        )
      ) : (
        <DataTable
          label="Offers"
          columns={columns(setShown)}
          rows={offers.items}
          rowKey={({ id }) => id}
          empty={
            <Empty title="Nothing was offered yet">
              An app asks for an offer when a job needs more than the plan has.
            </Empty>
          }
        />
      )}
      {offers.hasNextPage && (
        <div className="flex justify-center border-t border-line p-3">
          <Button busy={offers.isFetchingNextPage} onClick={() => void offers.fetchNextPage()}>
            Older offers
          </Button>
        </div>
      )}
      <Drawer
        open={opened !== undefined}
        onClose={() => setShown(undefined)}
        title={opened?.title ?? "Offer"}
      >
        {opened !== undefined && <OfferDetail offer={opened} />}
      </Drawer>
    </Panel>
  );
}

function columns(open: (offer: string) => void): readonly Column<Offer>[] {
  return [
    {
      header: "Offer",
      cell: ({ id, title }) => (
        <button
          type="button"
          onClick={() => open(id)}
          className="link text-start font-medium max-sm:min-h-10"
        >
          {title}
        </button>
      ),
    },
    {
      header: "State",
      cell: ({ state }) => <State tone={offerState(state).tone}>{offerState(state).text}</State>,
    },
    {
      header: "With burst",
      align: "end",
      cell: ({ burst }) => formatSeconds(burst.seconds.p50),
    },
    {
      header: "Without",
      align: "end",
      className: "text-dim",
      cell: ({ within }) => formatSeconds(within.seconds.p50),
    },
    {
      header: "Price",
      align: "end",
      cell: ({ expected, currency }) => <Money amount={expected} currency={currency} />,
    },
    {
      header: "At most",
      align: "end",
      className: "text-dim",
      cell: ({ bound, currency }) => <Money amount={bound} currency={currency} />,
    },
    {
      header: "Good until",
      align: "end",
      optional: true,
      className: "text-dim",
      cell: ({ validUntil }) => <Ago at={validUntil} />,
    },
  ];
}

function OfferDetail({ offer }: { readonly offer: Offer }) {
  const { currency, within, burst } = offer;
  const longest = Math.max(1, within.seconds.p90, burst.seconds.p90);
  const state = offerState(offer.state);
  return (
    <div className="flex flex-col gap-6 p-4">
      <div className="flex flex-col gap-3">
        <Way
          name="With burst"
          seconds={burst.seconds}
          price={offer.expected}
          currency={currency}
          longest={longest}
          strong
        />
        <Way
          name="Without"
          seconds={within.seconds}
          price={within.price}
          currency={currency}
          longest={longest}
        />
      </div>
      <Receipt
        label="What it is made of"
        currency={currency}
        lines={offer.lines}
        sums={[
          { name: "Price", amount: offer.expected, strong: true },
          { name: "Never more than", amount: offer.bound },
          ...(offer.credit === "0" ? [] : [{ name: "Besides that, paid by the plan", amount: offer.credit }]),
        ]}
      />
      <Facts
        items={[
          { name: "State", value: <State tone={state.tone}>{state.text}</State> },
          {
            name: "A minute",
            value: <Money amount={offer.perMinute} currency={currency} />,
          },
          { name: "Work", value: formatCost(offer.cost) },
          ...(offer.remembered === 0
            ? []
            : [{ name: "Known from before", value: `${countOf(offer.remembered, "task")}, for nothing` }]),
          {
            name: "Plan",
            value: `${offer.plan}: ${formatCores(offer.included.cores)}, ${formatBytes(offer.included.memoryBytes)}`,
          },
          {
            name: "Needed",
            value: `${formatCores(offer.needed.cores)}, ${formatBytes(offer.needed.memoryBytes)}, up to ${countOf(offer.workers, "slot")}`,
          },
          { name: "Good until", value: <FullTime at={offer.validUntil} /> },
          ...(offer.job === undefined
            ? []
            : [
                {
                  name: "Job",
                  value: (
                    <Link to={`/burst/jobs/${offer.project}/${offer.job}`} className="link">
                      {offer.title}
                    </Link>
                  ),
                },
              ]),
        ]}
      />
    </div>
  );
}

/** One way to do it: how long as a bar from likely to late, and for how much. */
function Way(props: {
  readonly name: string;
  readonly seconds: { readonly p50: number; readonly p90: number };
  readonly price: string;
  readonly currency: string;
  readonly longest: number;
  readonly strong?: boolean;
}) {
  const { p50, p90 } = props.seconds;
  return (
    <div className="flex flex-col gap-1">
      <p className="flex items-baseline justify-between gap-3">
        <span className={props.strong === true ? "font-medium text-ink" : "text-dim"}>{props.name}</span>
        <span className="text-ink tabular">
          {BigInt(props.price) === 0n ? "free" : <Money amount={props.price} currency={props.currency} />}
        </span>
      </p>
      <div aria-hidden="true" className="relative h-2.5 overflow-hidden rounded-sm bg-sunken">
        <span
          className={`absolute inset-y-0 left-0 opacity-40 ${props.strong === true ? "bg-accent" : "bg-line-strong"}`}
          style={{ width: `${(p90 / props.longest) * 100}%` }}
        />
        <span
          className={`absolute inset-y-0 left-0 ${props.strong === true ? "bg-accent" : "bg-line-strong"}`}
          style={{ width: `max(2px, ${(p50 / props.longest) * 100}%)` }}
        />
      </div>
      <p className="text-xs text-dim tabular">
        about {formatSeconds(p50)}, nine times of ten within {formatSeconds(p90)}
      </p>
    </div>
  );
}

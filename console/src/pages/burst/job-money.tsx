import { useState } from "react";
import type { Invoice, Job } from "#api/burst.ts";
import { useInvoice, useOffer } from "#console/data/burst-queries.ts";
import { may } from "#console/data/permissions.ts";
import { useMe } from "#console/data/session.tsx";
import { RaiseBound } from "#console/forms/burst/raise-bound.tsx";
import { RefundJob } from "#console/forms/burst/refund-job.tsx";
import { Button } from "#console/kit/button.tsx";
import { FailureNote } from "#console/kit/failure.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { shareOf } from "#console/lib/burst-view.ts";
import { formatPercent } from "#console/lib/format.ts";
import { Money, Receipt } from "#console/pages/burst/money.tsx";

/** What a job costs: against its bound while it runs, by its invoice afterwards. */
export function JobMoney(props: { readonly job: Job; readonly mayChange: boolean }) {
  const { job } = props;
  const [raising, setRaising] = useState(false);
  const offer = useOffer(job.project, job.offer);
  if (job.mode === "included")
    return (
      <Panel title="Money">
        <p className="text-dim">
          Within the plan: it costs nothing, and waits for the cores that the plan has.
        </p>
      </Panel>
    );
  const share = shareOf(job.charged, job.bound);
  const price = offer.data?.burst.price;
  // What waits for somebody, and not for money, has nothing to raise.
  const mayRaise =
    props.mayChange && job.state === "paused" && price !== undefined && BigInt(price) > BigInt(job.bound);
  return (
    <Panel
      title="Money"
      actions={
        mayRaise && (
          <Button look="primary" onClick={() => setRaising(true)}>
            Raise the bound…
          </Button>
        )
      }
    >
      <div className="flex flex-col gap-4">
        <div className="flex flex-col gap-1.5">
          <p className="flex flex-wrap items-baseline justify-between gap-x-3">
            <span className="text-lg font-medium tracking-tight text-ink">
              <Money amount={job.charged} currency={job.currency} />
            </span>
            <span className="text-dim">
              never more than <Money amount={job.bound} currency={job.currency} />
            </span>
          </p>
          <div
            role="meter"
            aria-label="Charged of the bound"
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={Math.min(100, Math.round(share))}
            aria-valuetext={formatPercent(share)}
            className="h-1.5 overflow-hidden rounded-full bg-sunken"
          >
            <div
              className="meter-fill h-full rounded-full bg-accent"
              style={{ width: `${Math.min(100, share)}%` }}
            />
          </div>
        </div>
        {offer.data !== undefined && (
          <p className="text-dim">
            Offered for <Money amount={offer.data.expected} currency={offer.data.currency} />, about{" "}
            <Money amount={offer.data.perMinute} currency={offer.data.currency} /> a minute, by the plan{" "}
            {offer.data.plan}.
          </p>
        )}
        <InvoicePart job={job} />
      </div>
      {raising && price !== undefined && (
        <RaiseBound job={job} price={price} onClose={() => setRaising(false)} />
      )}
    </Panel>
  );
}

function InvoicePart({ job }: { readonly job: Job }) {
  const invoice = useInvoice({ project: job.project, job: job.id }, job);
  const mayRefund = may(useMe(), "job.refund", job.project);
  const [refunding, setRefunding] = useState(false);
  if (invoice.data === undefined)
    return invoice.error === null ? null : <FailureNote error={invoice.error} />;
  const { lines, currency, total, refunded } = invoice.data;
  const isGivenBack = BigInt(refunded) >= BigInt(total);
  return (
    <div className="flex flex-col gap-3 border-t border-line pt-3">
      <h3 className="text-xs text-dim">Invoice</h3>
      <Receipt label="Invoice" currency={currency} lines={lines} sums={sumsOf(invoice.data)} />
      {mayRefund && !isGivenBack && (
        <Button className="self-end" onClick={() => setRefunding(true)}>
          Refund…
        </Button>
      )}
      {refunding && <RefundJob job={job} invoice={invoice.data} onClose={() => setRefunding(false)} />}
    </div>
  );
}

function sumsOf({ credit, total, refunded }: Invoice) {
  return [
    { name: "Total", amount: total, strong: true },
    ...(refunded === "0" ? [] : [{ name: "Refunded", amount: `-${refunded}` }]),
    ...(credit === "0" ? [] : [{ name: "Besides that, paid by the plan", amount: credit }]),
  ];
}

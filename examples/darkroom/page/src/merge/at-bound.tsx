import { useEffect, useState } from "react";
import type { Offer } from "#api/burst.ts";
import { center } from "../burst/center.ts";
import { amountOf, moneyText, plainAmount } from "../burst/money.ts";
import { Button } from "../kit/button.tsx";
import { start } from "../lib/start.ts";
import type { MergeRunView } from "./merge-run-state.ts";

/** The bound is reached: more money, the user's own cores, or the end. */
export function AtBound({ view: { run, view: state, keeping } }: { readonly view: MergeRunView }) {
  const { job } = state;
  const offer = useOffer(job?.offer);
  return (
    <div className="flex flex-wrap items-center gap-2">
      {job !== undefined && offer !== undefined && BigInt(offer.burst.price) > BigInt(job.bound) && (
        <HigherBound
          offer={offer}
          bound={job.bound}
          onRaise={(bound) => start("The bound could not be raised", async () => await run.raise(bound))}
        />
      )}
      <Button
        onClick={() => start("It could not be finished here", async () => await run.finishHere(keeping))}
      >
        Finish on my computer
      </Button>
      <Button
        look="danger"
        onClick={() => start("The merge could not be stopped", async () => await run.stop())}
      >
        Stop
      </Button>
    </div>
  );
}

/** A bound lies between the present one and the offer's price, which is what the whole job costs. */
function HigherBound(props: {
  readonly offer: Offer;
  readonly bound: string;
  readonly onRaise: (bound: string) => void;
}) {
  const { price } = props.offer.burst;
  const { currency } = props.offer;
  const [limit, setLimit] = useState(plainAmount(price));
  const wanted = amountOf(limit);
  const isFit =
    wanted !== undefined && BigInt(wanted) > BigInt(props.bound) && BigInt(wanted) <= BigInt(price);
  return (
    <>
      <label className="flex flex-wrap items-center gap-2 text-xs">
        Never more than
        <input
          className="control tabular w-36 rounded-md border border-line bg-sunken px-2"
          inputMode="decimal"
          value={limit}
          aria-invalid={!isFit}
          onChange={(event) => setLimit(event.currentTarget.value)}
        />
        {currency}, of {moneyText(price, currency)} that all of it costs
      </label>
      <Button look="primary" disabled={!isFit} onClick={() => wanted !== undefined && props.onRaise(wanted)}>
        Go on with this
      </Button>
    </>
  );
}

function useOffer(id: string | undefined): Offer | undefined {
  const [offer, setOffer] = useState<Offer>();
  useEffect(() => {
    if (id === undefined) return;
    start("What the merge costs could not be asked", async () => setOffer(await center.offerOf(id)));
  }, [id]);
  return offer;
}

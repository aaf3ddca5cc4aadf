import { useState } from "react";
import type { Job } from "#api/burst.ts";
import { decimalOfAmount, moneyText } from "#api/money.ts";
import { raiseBound } from "#console/data/burst-queries.ts";
import { FormDialog } from "#console/forms/form-dialog.tsx";
import { TextField } from "#console/kit/field.tsx";
import { say } from "#console/kit/toast.tsx";
import { shortMoney } from "#console/lib/burst-text.ts";
import { amountOfText } from "#console/lib/budget-form.ts";
import { useAction } from "#console/lib/use-action.ts";

/** Accepts a higher bound for a job that waits for it. */
export function RaiseBound(props: {
  readonly job: Job;
  /** Of the offer; a bound above it makes no sense. */
  readonly price: string;
  readonly onClose: () => void;
}) {
  const { job, price, onClose } = props;
  const [text, setText] = useState(decimalOfAmount(price));
  const [problem, setProblem] = useState<string>();
  const raise = useAction(async (bound: string) => {
    await raiseBound({ project: job.project, job: job.id }, bound);
    say(`${job.title} goes on, for at most ${shortMoney(bound, job.currency)}`);
    onClose();
  });
  return (
    <FormDialog
      title="Raise the bound"
      description={`${moneyText(job.charged, job.currency)} of ${moneyText(job.bound, job.currency)} are used. The difference is reserved at once, within the project's budget; what is not needed returns.`}
      error={raise.error}
      busy={raise.busy}
      submit={{ label: "Accept" }}
      onSubmit={(event) => {
        event.preventDefault();
        const bound = amountOfText(text);
        const isHigher =
          bound !== undefined && BigInt(bound) > BigInt(job.bound) && BigInt(bound) <= BigInt(price);
        setProblem(
          isHigher ? undefined : "write an amount that is higher than the present bound, up to the price",
        );
        if (isHigher) raise.run(bound);
      }}
      onClose={onClose}
    >
      <TextField
        label={`Never more than, in ${job.currency}`}
        inputMode="decimal"
        hint={`The whole job was offered for ${moneyText(price, job.currency)}`}
        value={text}
        error={problem}
        onChange={(event) => setText(event.target.value)}
      />
    </FormDialog>
  );
}

import { useState } from "react";
import type { Invoice, Job } from "#api/burst.ts";
import { decimalOfAmount, moneyText } from "#api/money.ts";
import { refundJob } from "#console/data/burst-queries.ts";
import { FormDialog } from "#console/forms/form-dialog.tsx";
import { TextArea, TextField } from "#console/kit/field.tsx";
import { say } from "#console/kit/toast.tsx";
import { amountOfText } from "#console/lib/budget-form.ts";
import { browserRandom } from "#console/lib/random.ts";
import { useAction } from "#console/lib/use-action.ts";

/** Gives back what a job cost, or part of it; the project reads why. */
export function RefundJob(props: {
  readonly job: Job;
  readonly invoice: Invoice;
  readonly onClose: () => void;
}) {
  const { job, invoice, onClose } = props;
  const left = BigInt(invoice.total) - BigInt(invoice.refunded);
  // One dialog is one refund: sent twice, it is given once.
  const [id] = useState(() => `console-${hexOf(browserRandom.bytes(8))}`);
  const [text, setText] = useState(decimalOfAmount(left));
  const [reason, setReason] = useState("");
  const [problems, setProblems] = useState<{ readonly amount?: string; readonly reason?: string }>({});
  const refund = useAction(async (amount: string) => {
    await refundJob({ project: job.project, job: job.id }, { id, amount, reason: reason.trim() });
    say(`${moneyText(amount, invoice.currency)} are given back`);
    onClose();
  });
  return (
    <FormDialog
      title={`Refund ${job.title}`}
      description={`At most ${moneyText(left, invoice.currency)}. The invoice stays and shows it; the transfer cannot be taken back.`}
      error={refund.error}
      busy={refund.busy}
      submit={{ label: "Give back" }}
      onSubmit={(event) => {
        event.preventDefault();
        const amount = amountOfText(text);
        const fits = amount !== undefined && BigInt(amount) > 0n && BigInt(amount) <= left;
        setProblems({
          ...(fits ? {} : { amount: "write an amount that is left to give back" }),
          ...(reason.trim() === "" ? { reason: "say why; the project reads it" } : {}),
        });
        if (fits && reason.trim() !== "") refund.run(amount);
      }}
      onClose={onClose}
    >
      <TextField
        label={`Amount, in ${invoice.currency}`}
        inputMode="decimal"
        value={text}
        error={problems.amount}
        onChange={(event) => setText(event.target.value)}
      />
      <TextArea
        label="Why"
        maxLength={500}
        value={reason}
        error={problems.reason}
        onChange={(event) => setReason(event.target.value)}
      />
    </FormDialog>
  );
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

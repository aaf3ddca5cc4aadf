import { useState } from "react";
import type { Balance } from "#api/burst.ts";
import { decimalOfAmount } from "#api/money.ts";
import { setBudget } from "#console/data/burst-queries.ts";
import { FormDialog } from "#console/forms/form-dialog.tsx";
import { CheckField, TextField } from "#console/kit/field.tsx";
import { say } from "#console/kit/toast.tsx";
import { alertsOfText, amountOfText } from "#console/lib/budget-form.ts";
import { useAction } from "#console/lib/use-action.ts";

/** Sets the most that a month may cost, and when an event tells. */
export function SetBudget(props: { readonly balance: Balance; readonly onClose: () => void }) {
  const { balance, onClose } = props;
  const { project, currency } = balance;
  const [isAllowed, setAllowed] = useState(balance.budget !== undefined);
  const [amount, setAmount] = useState(
    balance.budget === undefined ? "10.00" : decimalOfAmount(balance.budget),
  );
  const [alerts, setAlerts] = useState(balance.alertsAt.join(", "));
  const [problems, setProblems] = useState<{ readonly amount?: string; readonly alerts?: string }>({});
  const save = useAction(async (given: string | null, alertsAt: readonly number[]) => {
    await setBudget(project, { amount: given, currency, alertsAt: [...alertsAt] });
    say(given === null ? `${project} buys nothing beyond its plan` : `The budget of ${project} is set`);
    onClose();
  });
  return (
    <FormDialog
      title={`Budget of ${project}`}
      description="What a month posts and all that is reserved never passes it. It is enforced before anything runs, not after."
      error={save.error}
      busy={save.busy}
      submit={{ label: "Set budget" }}
      onSubmit={(event) => {
        event.preventDefault();
        const given = isAllowed ? amountOfText(amount) : null;
        const alertsAt = alertsOfText(alerts);
        setProblems({
          ...(given === undefined ? { amount: "write an amount, such as 12.50" } : {}),
          ...(alertsAt === undefined
            ? { alerts: "write up to ten percents from 1 to 100: 50, 80, 100" }
            : {}),
        });
        if (given !== undefined && alertsAt !== undefined) save.run(given, alertsAt);
      }}
      onClose={onClose}
    >
      <CheckField
        label="Jobs may buy more than the plan has"
        hint="Each time by an offer that somebody accepted"
        checked={isAllowed}
        onChange={(event) => setAllowed(event.target.checked)}
      />
      <TextField
        label={`For a month, in ${currency}`}
        inputMode="decimal"
        disabled={!isAllowed}
        value={amount}
        error={problems.amount}
        onChange={(event) => setAmount(event.target.value)}
      />
      <TextField
        label="Tell at"
        hint="Percent of the budget; an event tells when so much is spent"
        value={alerts}
        error={problems.alerts}
        onChange={(event) => setAlerts(event.target.value)}
      />
    </FormDialog>
  );
}

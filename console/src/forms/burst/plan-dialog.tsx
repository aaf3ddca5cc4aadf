import { useState } from "react";
import { VdcError } from "#api/errors.ts";
import type { PlanSpec } from "#api/kinds/plan.ts";
import { moneyText } from "#api/money.ts";
import { savePlan, type Plan } from "#console/data/burst-queries.ts";
import { FormDialog } from "#console/forms/form-dialog.tsx";
import { TextArea, TextField } from "#console/kit/field.tsx";
import { say } from "#console/kit/toast.tsx";
import {
  emptyPlanForm,
  formOfPlan,
  perHour,
  planOfForm,
  problemsOf,
  type PlanForm,
  type PlanProblems,
} from "#console/lib/plan-form.ts";
import { useAction } from "#console/lib/use-action.ts";

/** Makes a plan, or changes one; offers that were made keep their prices. */
export function PlanDialog(props: { readonly plan: Plan | undefined; readonly onClose: () => void }) {
  const { plan, onClose } = props;
  const [form, setForm] = useState(() =>
    plan === undefined ? emptyPlanForm : formOfPlan(plan.name, plan.spec),
  );
  const [problems, setProblems] = useState<PlanProblems>({});
  const save = useAction(async (name: string, spec: PlanSpec) => {
    try {
      await savePlan(name, spec, plan);
      say(plan === undefined ? `Plan ${name} is made` : `Plan ${name} is changed`);
      onClose();
    } catch (error) {
      if (!(error instanceof VdcError) || error.fields.length === 0) throw error;
      setProblems(problemsOf(error.fields));
    }
  });
  const field = (name: keyof PlanForm) => ({
    value: form[name],
    error: problems[name],
    onChange: (event: { readonly target: { readonly value: string } }) =>
      setForm((held) => ({ ...held, [name]: event.target.value })),
  });
  return (
    <FormDialog
      title={plan === undefined ? "Create plan" : `Plan ${plan.name}`}
      description={
        plan === undefined
          ? "What projects with it have for nothing, and what more costs."
          : "New prices are for new offers; what was accepted stays as it was."
      }
      error={save.error}
      busy={save.busy}
      submit={{ label: plan === undefined ? "Create plan" : "Save" }}
      onSubmit={(event) => {
        event.preventDefault();
        const asked = planOfForm(form);
        setProblems("problems" in asked ? asked.problems : {});
        if (!("problems" in asked)) save.run(asked.name, asked.spec);
      }}
      onClose={onClose}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        {plan === undefined && (
          <TextField label="Name" className="font-mono" autoCapitalize="none" {...field("name")} />
        )}
        <TextField label="Title" {...field("title")} />
      </div>
      <TextArea label="For whom" rows={2} {...field("description")} />
      <div className="grid gap-4 sm:grid-cols-3">
        <TextField label="Included cores" inputMode="decimal" {...field("includedCores")} />
        <TextField label="Included memory" {...field("includedMemory")} />
        <TextField label="Currency" autoCapitalize="characters" maxLength={3} {...field("currency")} />
      </div>
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          label="A core for a second"
          inputMode="decimal"
          hint={hourWords("One core for an hour costs", form.pricePerCoreSecond, form.currency)}
          {...field("pricePerCoreSecond")}
        />
        <TextField
          label="A GiB for a second"
          inputMode="decimal"
          hint={hourWords("One GiB for an hour costs", form.pricePerGibSecond, form.currency)}
          {...field("pricePerGibSecond")}
        />
      </div>
      <TextField
        label="Tasks at once with burst"
        inputMode="numeric"
        hint="0: no burst"
        {...field("maxBurstSlots")}
      />
    </FormDialog>
  );
}

function hourWords(words: string, price: string, currency: string): string {
  const hour = perHour(price);
  return hour === undefined ? "A decimal such as 0.0000131" : `${words} ${moneyText(hour, currency)}`;
}

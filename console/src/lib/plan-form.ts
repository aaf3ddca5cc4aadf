import { VdcError, type FieldError } from "#api/errors.ts";
import { planSpecSchema, type PlanSpec } from "#api/kinds/plan.ts";
import { amountOfDecimal } from "#api/money.ts";
import { nameSchema } from "#api/names.ts";
import { parseInput } from "#api/validate.ts";
import { formatBytes, parseBytes } from "#console/lib/format.ts";

/** A plan as a form holds it: text as it is typed. */
export interface PlanForm {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly currency: string;
  readonly includedCores: string;
  readonly includedMemory: string;
  readonly pricePerCoreSecond: string;
  readonly pricePerGibSecond: string;
  readonly maxBurstSlots: string;
}

export const emptyPlanForm: PlanForm = {
  name: "",
  title: "",
  description: "",
  currency: "USD",
  includedCores: "0.5",
  includedMemory: "1 GiB",
  pricePerCoreSecond: "",
  pricePerGibSecond: "",
  maxBurstSlots: "32",
};

export function formOfPlan(name: string, spec: PlanSpec): PlanForm {
  const short = formatBytes(spec.includedMemoryBytes);
  return {
    name,
    title: spec.title,
    description: spec.description,
    currency: spec.currency,
    includedCores: String(spec.includedCores),
    // Exact, so that saving an untouched form changes nothing.
    includedMemory: parseBytes(short) === spec.includedMemoryBytes ? short : String(spec.includedMemoryBytes),
    pricePerCoreSecond: spec.pricePerCoreSecond,
    pricePerGibSecond: spec.pricePerGibSecond,
    maxBurstSlots: String(spec.maxBurstSlots),
  };
}

export type PlanProblems = Readonly<Partial<Record<keyof PlanForm, string>>>;

/** What the form asks for, or what is wrong with which field; by the schema of the API. */
export function planOfForm(
  form: PlanForm,
): { readonly name: string; readonly spec: PlanSpec } | { readonly problems: PlanProblems } {
  const fields: FieldError[] = [];
  const check = <T>(parse: () => T): T | undefined => {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof VdcError)) throw error;
      fields.push(...error.fields);
      return undefined;
    }
  };
  const name = check(() => parseInput(nameSchema, form.name, "The name", "name"));
  const spec = check(() =>
    parseInput(
      planSpecSchema,
      {
        title: form.title.trim(),
        description: form.description.trim(),
        currency: form.currency.trim(),
        includedCores: numberOf(form.includedCores),
        includedMemoryBytes: parseBytes(form.includedMemory),
        pricePerCoreSecond: form.pricePerCoreSecond.trim(),
        pricePerGibSecond: form.pricePerGibSecond.trim(),
        maxBurstSlots: numberOf(form.maxBurstSlots),
      },
      "The plan",
    ),
  );
  return name === undefined || spec === undefined ? { problems: problemsOf(fields) } : { name, spec };
}

/** What the server finds lands at its field too. */
export function problemsOf(fields: readonly FieldError[]): PlanProblems {
  return Object.fromEntries(
    fields.map(({ path, message }) => [
      path.replace(/^spec\./, "").replace("includedMemoryBytes", "includedMemory"),
      message,
    ]),
  );
}

/** What an hour of a price per second is, exact; undefined while it is no price. */
export function perHour(pricePerSecond: string): bigint | undefined {
  const amount = amountOfDecimal(pricePerSecond.trim());
  return amount === undefined ? undefined : amount * 3600n;
}

/** Absent fields stay absent, so that the schema says that a number is missing. */
function numberOf(text: string): number | undefined {
  const trimmed = text.trim();
  const value = Number(trimmed);
  return trimmed === "" || !Number.isFinite(value) ? undefined : value;
}

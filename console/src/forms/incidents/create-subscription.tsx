import { useState } from "react";
import { useForm, useWatch } from "react-hook-form";
import { impactSchema, type Impact } from "#api/incidents.ts";
import { bucketKind, type BucketSpec } from "#api/kinds/bucket.ts";
import { subscriptionSpecSchema } from "#api/kinds/subscription.ts";
import { parseInput } from "#api/validate.ts";
import { useProjectList } from "#console/data/app-queries.ts";
import { createSubscription } from "#console/data/incident-queries.ts";
import { FormDialog } from "#console/forms/form-dialog.tsx";
import { markFields } from "#console/forms/project-resolver.ts";
import { CheckField, SelectField, TextField } from "#console/kit/field.tsx";
import { say } from "#console/kit/toast.tsx";
import { usualProject } from "#console/pages/apps/project-choice.tsx";

interface SubscriptionForm {
  readonly project: string;
  readonly name: string;
  readonly how: "email" | "webhook";
  readonly email: string;
  readonly url: string;
  readonly secret: string;
  readonly buckets: string[];
  readonly minimumImpact: Impact;
}

const impactChoices: Readonly<Record<Impact, string>> = {
  none: "Everything, also what nobody feels yet",
  minor: "Minor and worse",
  major: "Major and worse",
  critical: "Only critical",
};

/** Has somebody told of what affects a project. */
export function CreateSubscription(props: {
  readonly names: readonly string[];
  readonly project: string;
  readonly onClose: () => void;
}) {
  const { names, onClose } = props;
  const [error, setError] = useState<unknown>();
  const form = useForm<SubscriptionForm>({
    defaultValues: {
      project: names.includes(props.project) ? props.project : usualProject(names),
      name: "",
      how: "email",
      email: "",
      url: "",
      secret: "",
      buckets: [],
      minimumImpact: "none",
    },
  });
  const { errors, isSubmitting } = form.formState;
  const [project, how] = useWatch({ control: form.control, name: ["project", "how"] });
  async function create(values: SubscriptionForm): Promise<void> {
    setError(undefined);
    try {
      const { name, buckets, minimumImpact } = values;
      const to = how === "email" ? { email: values.email } : { webhook: { url: values.url } };
      const spec = parseInput(subscriptionSpecSchema, { ...to, buckets, minimumImpact }, "The subscription");
      await createSubscription(values.project, name, spec, how === "webhook" ? values.secret : "");
      say(`${name} is subscribed`, { description: "Test shows whether a message arrives." });
      onClose();
    } catch (cause) {
      if (!markFields(cause, form, fieldOf)) setError(cause);
    }
  }
  return (
    <FormDialog
      title="Subscribe"
      description="Only what affects the project is sent, with the names of its own buckets; the all-clear always follows."
      error={error}
      busy={isSubmitting}
      submit={{ label: "Subscribe" }}
      onSubmit={(event) => void form.handleSubmit(create)(event)}
      onClose={onClose}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField label="Project" {...form.register("project")}>
          {names.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </SelectField>
        <TextField
          label="Name"
          className="font-mono"
          autoCapitalize="none"
          placeholder="operations"
          error={errors.name?.message}
          {...form.register("name")}
        />
      </div>
      <SelectField label="How" {...form.register("how")}>
        <option value="email">By e-mail</option>
        <option value="webhook">By a signed webhook</option>
      </SelectField>
      {how === "email" ? (
        <TextField
          label="Address"
          type="email"
          placeholder="operations@example.org"
          error={errors.email?.message}
          {...form.register("email")}
        />
      ) : (
        <>
          <TextField
            label="URL"
            type="url"
            className="font-mono"
            placeholder="https://hooks.example.org/vdc"
            error={errors.url?.message}
            {...form.register("url")}
          />
          <TextField
            label="Signing secret"
            type="password"
            autoComplete="new-password"
            className="font-mono"
            hint="Messages are signed by Standard Webhooks. Give the same secret (whsec_…) that the receiver checks with; empty: one is made, which only apps of the project can get. It is kept as the secret NAME-webhook."
            {...form.register("secret")}
          />
        </>
      )}
      <SelectField label="What is told" {...form.register("minimumImpact")}>
        {impactSchema.options.map((impact) => (
          <option key={impact} value={impact}>
            {impactChoices[impact]}
          </option>
        ))}
      </SelectField>
      <BucketChoice key={project} project={project} register={form.register} />
    </FormDialog>
  );
}

function BucketChoice(props: {
  readonly project: string;
  readonly register: ReturnType<typeof useForm<SubscriptionForm>>["register"];
}) {
  const { items = [] } = useProjectList(bucketKind, props.project);
  if (items.length === 0) return null;
  return (
    <fieldset className="flex max-h-40 flex-col gap-2 overflow-y-auto">
      <legend className="mb-1.5 text-sm font-medium text-ink">Buckets</legend>
      {items.map(({ id, name, spec }) => {
        const s3Name = (spec as BucketSpec).s3Name ?? name; // by the kind
        return <CheckField key={id} label={s3Name} value={s3Name} {...props.register("buckets")} />;
      })}
      <p className="text-xs text-dim">None chosen: all that the project has, also later ones.</p>
    </fieldset>
  );
}

/** Fields of the spec are fields of the form, but for the webhook's. */
function fieldOf(path: string): string {
  const field = path.replace(/^spec\./, "");
  return field === "webhook.url" ? "url" : field;
}

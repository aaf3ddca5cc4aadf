import { useState } from "react";
import { useForm } from "react-hook-form";
import { putEndpointSchema, type NotificationEndpoint } from "#api/objects.ts";
import { nameSchema } from "#api/names.ts";
import { parseInput } from "#api/validate.ts";
import { putEndpoint } from "#console/data/endpoint-queries.ts";
import { FormDialog } from "#console/forms/form-dialog.tsx";
import { markFields } from "#console/forms/project-resolver.ts";
import { Button } from "#console/kit/button.tsx";
import { CopyField } from "#console/kit/copy.tsx";
import { Dialog, DialogActions } from "#console/kit/dialog.tsx";
import { CheckField, SelectField, TextField } from "#console/kit/field.tsx";

interface EndpointForm {
  readonly project: string;
  readonly name: string;
  readonly url: string;
  readonly allowPrivate: boolean;
}

/** Lets the buckets of a project send their events to an address, then shows what the rules name it by and its secret. */
export function AddEndpoint(props: {
  readonly projects: readonly string[];
  readonly taken: readonly NotificationEndpoint[];
  readonly onClose: () => void;
}) {
  const [error, setError] = useState<unknown>();
  const [made, setMade] = useState<{ readonly arn: string; readonly secret: string }>();
  const form = useForm<EndpointForm>({
    defaultValues: { project: props.projects[0] ?? "", name: "", url: "", allowPrivate: false },
  });
  const { errors, isSubmitting } = form.formState;
  async function add({ project, name, url, allowPrivate }: EndpointForm): Promise<void> {
    setError(undefined);
    if (!nameSchema.safeParse(name).success)
      return form.setError("name", { message: "use small letters, digits and hyphens" });
    // Writing one that is there would change its secret under its receiver.
    if (props.taken.some((one) => one.project === project && one.name === name))
      return form.setError("name", { message: "there is one of this name already" });
    try {
      const body = parseInput(putEndpointSchema, { url, allowPrivate }, "The endpoint");
      setMade(await putEndpoint({ project, name }, body));
    } catch (cause) {
      if (!markFields(cause, form, (field) => field)) setError(cause);
    }
  }
  if (made !== undefined) return <Made made={made} onClose={props.onClose} />;
  return (
    <FormDialog
      title="Add endpoint"
      description="The buckets of a project may send their events there, by their own rules."
      error={error}
      busy={isSubmitting}
      submit={{ label: "Add endpoint" }}
      onSubmit={(event) => void form.handleSubmit(add)(event)}
      onClose={props.onClose}
    >
      <SelectField label="Project" error={errors.project?.message} {...form.register("project")}>
        {props.projects.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </SelectField>
      <TextField
        label="Name"
        className="font-mono"
        autoCapitalize="none"
        hint="What it is for: thumbnails"
        error={errors.name?.message}
        {...form.register("name")}
      />
      <TextField
        label="Address"
        className="font-mono"
        autoCapitalize="none"
        placeholder="https://hooks.example.org/in"
        error={errors.url?.message}
        {...form.register("url")}
      />
      <CheckField
        label="It may lie in a private network, or on this machine"
        {...form.register("allowPrivate")}
      />
    </FormDialog>
  );
}

function Made(props: {
  readonly made: { readonly arn: string; readonly secret: string };
  readonly onClose: () => void;
}) {
  const { arn, secret } = props.made;
  return (
    <Dialog
      open
      onClose={props.onClose}
      dismissible={false}
      title="Your endpoint"
      description="The receiver checks signatures with the secret (Standard Webhooks). It is shown this once; copy it now."
    >
      <CopyField text={secret} label="Copy secret" />
      <p className="text-xs text-dim">The rules of a bucket name it by its ARN:</p>
      <CopyField text={arn} label="Copy ARN" />
      <DialogActions>
        <Button look="primary" onClick={props.onClose}>
          I have it
        </Button>
      </DialogActions>
    </Dialog>
  );
}

import { useState } from "react";
import { useForm } from "react-hook-form";
import { roles } from "#api/access.ts";
import { newTokenSchema } from "#api/accounts.ts";
import { parseInput } from "#api/validate.ts";
import { api } from "#console/data/api.ts";
import { queryClient } from "#console/data/cache.ts";
import { useProjects } from "#console/data/queries.ts";
import { markFields } from "#console/forms/project-resolver.ts";
import { FormDialog } from "#console/forms/form-dialog.tsx";
import { Button } from "#console/kit/button.tsx";
import { CopyField } from "#console/kit/copy.tsx";
import { Dialog, DialogActions } from "#console/kit/dialog.tsx";
import { SelectField, TextField } from "#console/kit/field.tsx";

interface TokenForm {
  readonly name: string;
  readonly project: string;
  readonly role: string;
  readonly expiresInSeconds: string;
}

const day = 24 * 3600;
const lifetimes = [
  { label: "1 day", seconds: day },
  { label: "7 days", seconds: 7 * day },
  { label: "30 days", seconds: 30 * day },
  { label: "90 days", seconds: 90 * day },
  { label: "1 year", seconds: 365 * day },
] as const;

/** Asks for the narrowest scope first, then shows the secret this once. */
export function CreateToken(props: { readonly onClose: () => void }) {
  const { projects } = useProjects();
  const [error, setError] = useState<unknown>();
  const [secret, setSecret] = useState<string>();
  const form = useForm<TokenForm>({
    defaultValues: { name: "", project: "", role: "viewer", expiresInSeconds: String(30 * day) },
  });
  const { errors, isSubmitting } = form.formState;

  async function create(values: TokenForm): Promise<void> {
    setError(undefined);
    try {
      const body = parseInput(
        newTokenSchema,
        {
          name: values.name,
          expiresInSeconds: Number(values.expiresInSeconds),
          ...(values.project === "" ? {} : { project: values.project }),
          ...(values.role === "" ? {} : { role: values.role }),
        },
        "The token",
      );
      const made = await api.call(api.routes["token.create"], { body });
      await queryClient.invalidateQueries({ queryKey: ["tokens"] });
      setSecret(made.secret);
    } catch (cause) {
      if (!markFields(cause, form, (path) => path)) setError(cause);
    }
  }

  if (secret !== undefined)
    return (
      <Dialog
        open
        onClose={props.onClose}
        dismissible={false}
        title="Your token"
        description="Shown this once; VDC keeps only its hash. Copy it now."
      >
        <CopyField text={secret} label="Copy token" />
        <p className="text-xs text-dim">
          For the command line: <code>vdc login {window.location.origin} --token</code> asks for it.
        </p>
        <DialogActions>
          <Button look="primary" onClick={props.onClose}>
            I have it
          </Button>
        </DialogActions>
      </Dialog>
    );
  return (
    <FormDialog
      title="Create token"
      description="It acts as you, within the scope given here."
      error={error}
      busy={isSubmitting}
      submit={{ label: "Create token" }}
      onSubmit={(event) => void form.handleSubmit(create)(event)}
      onClose={props.onClose}
    >
      <TextField
        label="Name"
        className="font-mono"
        autoCapitalize="none"
        hint="What it is for: backup-script"
        error={errors.name?.message}
        {...form.register("name")}
      />
      <SelectField label="Project" error={errors.project?.message} {...form.register("project")}>
        <option value="">All that you may see</option>
        {projects?.map((project) => (
          <option key={project.id} value={project.name}>
            {project.name}
          </option>
        ))}
      </SelectField>
      <SelectField label="At most" error={errors.role?.message} {...form.register("role")}>
        {roles.map((role) => (
          <option key={role} value={role}>
            {role}
          </option>
        ))}
        <option value="">everything that you may do</option>
      </SelectField>
      <SelectField
        label="Ends after"
        error={errors.expiresInSeconds?.message}
        {...form.register("expiresInSeconds")}
      >
        {lifetimes.map((lifetime) => (
          <option key={lifetime.seconds} value={lifetime.seconds}>
            {lifetime.label}
          </option>
        ))}
      </SelectField>
    </FormDialog>
  );
}

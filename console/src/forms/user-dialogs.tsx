import { useState } from "react";
import { useForm } from "react-hook-form";
import { newUserSchema, type User } from "#api/accounts.ts";
import { parseInput } from "#api/validate.ts";
import { api } from "#console/data/api.ts";
import { queryClient } from "#console/data/cache.ts";
import { markFields } from "#console/forms/project-resolver.ts";
import { ConfirmByName } from "#console/forms/confirm-by-name.tsx";
import { FormDialog } from "#console/forms/form-dialog.tsx";
import { Button } from "#console/kit/button.tsx";
import { CopyField } from "#console/kit/copy.tsx";
import { Dialog, DialogActions } from "#console/kit/dialog.tsx";
import { FailureNote } from "#console/kit/failure.tsx";
import { CheckField, TextField } from "#console/kit/field.tsx";
import { FullTime } from "#console/kit/time.tsx";
import { say } from "#console/kit/toast.tsx";
import { useAction } from "#console/lib/use-action.ts";

interface UserForm {
  readonly name: string;
  readonly title: string;
  readonly email: string;
  readonly owner: boolean;
}

export function CreateUser(props: {
  readonly onClose: () => void;
  readonly onCreated: (user: User) => void;
}) {
  const [error, setError] = useState<unknown>();
  const form = useForm<UserForm>({ defaultValues: { name: "", title: "", email: "", owner: false } });
  const { errors, isSubmitting } = form.formState;
  async function create({ email, ...values }: UserForm): Promise<void> {
    setError(undefined);
    try {
      const body = parseInput(newUserSchema, { ...values, ...(email === "" ? {} : { email }) }, "The user");
      const user = await api.call(api.routes["user.create"], { body });
      await queryClient.invalidateQueries({ queryKey: ["users"] });
      props.onCreated(user);
    } catch (cause) {
      if (!markFields(cause, form, (path) => path)) setError(cause);
    }
  }
  return (
    <FormDialog
      title="Create user"
      description="You get a one-time sign-in link to give them next."
      error={error}
      busy={isSubmitting}
      submit={{ label: "Create user" }}
      onSubmit={(event) => void form.handleSubmit(create)(event)}
      onClose={props.onClose}
    >
      <TextField
        label="User name"
        className="font-mono"
        autoCapitalize="none"
        error={errors.name?.message}
        {...form.register("name")}
      />
      <TextField label="Name for people" error={errors.title?.message} {...form.register("title")} />
      <TextField
        label="Email"
        type="email"
        error={errors.email?.message}
        hint="Optional"
        {...form.register("email")}
      />
      <CheckField
        label="Owner of the data center"
        hint="May do everything, everywhere"
        {...form.register("owner")}
      />
    </FormDialog>
  );
}

/** Makes a link when it is asked for, and shows it this once. */
export function UserLink(props: { readonly user: User; readonly onClose: () => void }) {
  const [link, setLink] = useState<{ readonly url: string; readonly expiresAt: string }>();
  const make = useAction(async () => {
    setLink(await api.call(api.routes["user.link"], { params: { user: props.user.name } }));
  });
  return (
    <Dialog
      open
      onClose={props.onClose}
      title={`Sign-in link for ${props.user.name}`}
      description="It works once and signs in whoever opens it: send it over a way you trust."
    >
      {link !== undefined && (
        <>
          <CopyField text={link.url} label="Copy link" />
          <p className="text-xs text-dim">
            Shown this once. It ends <FullTime at={link.expiresAt} />.
          </p>
        </>
      )}
      <FailureNote error={make.error} />
      <DialogActions>
        <Button look={link === undefined ? "quiet" : "primary"} onClick={props.onClose}>
          {link === undefined ? "Later" : "Done"}
        </Button>
        {link === undefined && (
          <Button look="primary" busy={make.busy} onClick={() => make.run()}>
            Make link
          </Button>
        )}
      </DialogActions>
    </Dialog>
  );
}

export function DeleteUser(props: { readonly user: User; readonly onClose: () => void }) {
  const remove = useAction(async () => {
    await api.call(api.routes["user.delete"], { params: { user: props.user.name } });
    await queryClient.invalidateQueries({ queryKey: ["users"] });
    say(`User ${props.user.name} deleted`);
    props.onClose();
  });
  return (
    <ConfirmByName
      name={props.user.name}
      title={`Delete user ${props.user.name}?`}
      description="For good: sessions and tokens stop at once, and the name is never given again. To pause somebody, disable them."
      confirmLabel="Delete user"
      cancelLabel="Keep"
      error={remove.error}
      busy={remove.busy}
      onConfirm={remove.run}
      onClose={props.onClose}
    />
  );
}

import { useState } from "react";
import { useForm } from "react-hook-form";
import { driveSpecSchema } from "#api/kinds/drive.ts";
import { parseInput } from "#api/validate.ts";
import { addDrive, type Drive } from "#console/data/store-queries.ts";
import { FormDialog } from "#console/forms/form-dialog.tsx";
import { markFields } from "#console/forms/project-resolver.ts";
import { TextField } from "#console/kit/field.tsx";
import { say } from "#console/kit/toast.tsx";

interface DriveForm {
  readonly path: string;
  readonly name: string;
  readonly title: string;
}

/** Gives the store another directory. Whether it takes it is seen in the drive map. */
export function AddDrive(props: { readonly taken: readonly Drive[]; readonly onClose: () => void }) {
  const [error, setError] = useState<unknown>();
  const form = useForm<DriveForm>({
    defaultValues: { path: "", name: freeName(props.taken), title: "" },
  });
  const { errors, isSubmitting } = form.formState;
  async function add({ name, path, title }: DriveForm): Promise<void> {
    setError(undefined);
    try {
      const spec = parseInput(driveSpecSchema, { path, title }, "The drive");
      await addDrive(name, spec);
      say(`${name} is added`, { description: "The drive map shows whether the store takes it." });
      props.onClose();
    } catch (cause) {
      if (!markFields(cause, form, (field) => field.replace(/^spec\./, ""))) setError(cause);
    }
  }
  return (
    <FormDialog
      title="Add drive"
      description="A directory for objects: ideally a file system of its own, on a disk of its own."
      error={error}
      busy={isSubmitting}
      submit={{ label: "Add drive" }}
      onSubmit={(event) => void form.handleSubmit(add)(event)}
      onClose={props.onClose}
    >
      <TextField
        label="Path"
        className="font-mono"
        autoCapitalize="none"
        autoFocus
        placeholder="/mnt/disk4/vdc"
        hint="On the machine. It is made when it is missing; one with files of others is refused."
        error={errors.path?.message}
        {...form.register("path")}
      />
      <TextField
        label="Name"
        className="font-mono"
        autoCapitalize="none"
        error={errors.name?.message}
        {...form.register("name")}
      />
      <TextField
        label="Name for people"
        hint="Optional: what is written on the disk, such as Bay 4"
        error={errors.title?.message}
        {...form.register("title")}
      />
    </FormDialog>
  );
}

/** Behind the highest number that is in use: numbers of drives are never used again. */
function freeName(taken: readonly Drive[]): string {
  const numbers = taken.flatMap(({ name, status }) => [
    Number(/^drive-(\d{1,6})$/.exec(name)?.[1] ?? 0),
    (status.number ?? -1) + 1,
  ]);
  return `drive-${Math.max(0, ...numbers) + 1}`;
}

import { useState } from "react";
import { VdcError } from "#api/errors.ts";
import { keyKind, keySpecSchema, type KeySpec } from "#api/kinds/key.ts";
import { api } from "#console/data/api.ts";
import { useBuckets, type Key } from "#console/data/object-queries.ts";
import { FormDialog } from "#console/forms/form-dialog.tsx";
import { CheckField, SelectField, TextField } from "#console/kit/field.tsx";
import { suggestName } from "#console/lib/project-form.ts";
import { useAction } from "#console/lib/use-action.ts";
import { s3NameOf } from "#console/pages/buckets/bucket-state.ts";

/** Buckets offered to choose from; who has more names them with the command line. */
const offeredBuckets = 20;

/** Makes a key with the narrowest rights that were asked for; its credentials are issued next. */
export function CreateKey(props: {
  readonly project: string;
  /** S3 name of the bucket that it is for. */
  readonly bucket?: string;
  readonly onMade: (key: Key) => void;
  readonly onClose: () => void;
}) {
  const { project } = props;
  const buckets = (useBuckets(project).items ?? []).map(s3NameOf).slice(0, offeredBuckets);
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [access, setAccess] = useState<KeySpec["access"]>("write");
  const [chosen, setChosen] = useState<readonly string[]>(props.bucket === undefined ? [] : [props.bucket]);
  const [prefix, setPrefix] = useState("");
  const [problem, setProblem] = useState<string>();
  const create = useAction(async () => {
    try {
      const spec = keySpecSchema.parse({
        description,
        access,
        ...(chosen.length === 0 ? {} : { buckets: chosen }),
        ...(prefix === "" ? {} : { prefix }),
      });
      const { resource } = await api.apply(keyKind, { project, name, spec }, { ifRevision: "absent" });
      props.onMade(resource as unknown as Key); // the kind's own resource
    } catch (error) {
      const told = nameProblem(error);
      if (told === undefined) throw error;
      setProblem(told);
    }
  });
  return (
    <FormDialog
      title="Create key"
      description="What it may do is fixed here; its credentials are issued next."
      error={create.error}
      busy={create.busy}
      submit={{ label: "Create key" }}
      onSubmit={(event) => {
        event.preventDefault();
        setProblem(undefined);
        create.run();
      }}
      onClose={props.onClose}
    >
      <TextField
        label="Name"
        hint="Who or what uses it: backup-laptop"
        className="font-mono"
        autoCapitalize="none"
        value={name}
        error={problem}
        onChange={(event) => setName(event.target.value)}
        onBlur={() => setName(suggestName(name))}
      />
      <TextField
        label="Description"
        value={description}
        onChange={(event) => setDescription(event.target.value)}
      />
      <SelectField
        label="May"
        value={access}
        onChange={(event) => setAccess(event.target.value as KeySpec["access"])} // its options are these
      >
        <option value="read">read: get and list</option>
        <option value="write">write: also put and delete</option>
        <option value="full">everything: also make and configure buckets</option>
      </SelectField>
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-1.5 text-sm font-medium">Buckets</legend>
        {buckets.map((bucket) => (
          <CheckField
            key={bucket}
            label={bucket}
            checked={chosen.includes(bucket)}
            onChange={(event) =>
              setChosen(event.target.checked ? [...chosen, bucket] : chosen.filter((one) => one !== bucket))
            }
          />
        ))}
        <p className="text-xs text-dim">
          {chosen.length === 0 ? "None is chosen: all of the project, later ones too." : "Only these."}
        </p>
      </fieldset>
      <TextField
        label="Only keys that begin with"
        hint="Empty: all"
        className="font-mono"
        autoCapitalize="none"
        value={prefix}
        onChange={(event) => setPrefix(event.target.value)}
      />
    </FormDialog>
  );
}

/** What is wrong with the name; undefined when it is something else. */
function nameProblem(error: unknown): string | undefined {
  if (!(error instanceof VdcError)) return undefined;
  if (error.code === "precondition-failed" || error.code === "already-exists")
    return "a key of this name exists already";
  const [field, ...others] = error.fields;
  return others.length === 0 && field?.path.endsWith("name") === true ? field.message : undefined;
}

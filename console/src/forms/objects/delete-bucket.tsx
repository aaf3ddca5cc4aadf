import { useState } from "react";
import { useNavigate } from "react-router";
import { bucketKind } from "#api/kinds/bucket.ts";
import { api } from "#console/data/api.ts";
import type { Bucket } from "#console/data/object-queries.ts";
import { FormDialog } from "#console/forms/form-dialog.tsx";
import { CheckField, TextField } from "#console/kit/field.tsx";
import { say } from "#console/kit/toast.tsx";
import { useAction } from "#console/lib/use-action.ts";

/** Deletes a bucket after its name was typed; with objects in it only when that was said too. */
export function DeleteBucket(props: { readonly bucket: Bucket; readonly onClose: () => void }) {
  const { name, project = "", spec } = props.bucket;
  const navigate = useNavigate();
  const [typed, setTyped] = useState("");
  const [empty, setEmpty] = useState(false);
  const remove = useAction(async () => {
    const whenDeleted = empty ? "empty" : "refuse";
    if (spec.whenDeleted !== whenDeleted)
      await api.patch(bucketKind, { project, name }, { spec: { whenDeleted } });
    await api.delete(bucketKind, { project, name });
    props.onClose();
    say(`Bucket ${name} is being deleted`);
    await navigate("/buckets");
  });
  return (
    <FormDialog
      title={`Delete ${name}?`}
      description="Its name becomes free for others, and clients that use it are refused."
      error={remove.error}
      busy={remove.busy}
      submit={{ label: "Delete bucket", look: "danger", disabled: typed !== name }}
      cancelLabel="Keep it"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed === name) remove.run();
      }}
      onClose={props.onClose}
    >
      <CheckField
        label="Delete all objects in it"
        hint="All versions too; this cannot be undone. Otherwise deleting waits until the bucket is empty"
        checked={empty}
        onChange={(event) => setEmpty(event.target.checked)}
      />
      <TextField
        label={`Type ${name} to confirm`}
        value={typed}
        autoCapitalize="none"
        className="font-mono"
        onChange={(event) => setTyped(event.target.value)}
      />
    </FormDialog>
  );
}

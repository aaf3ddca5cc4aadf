import { useState } from "react";
import { keyKind } from "#api/kinds/key.ts";
import { api } from "#console/data/api.ts";
import type { Key } from "#console/data/object-queries.ts";
import { ConfirmByName } from "#console/forms/confirm-by-name.tsx";
import { FormDialog } from "#console/forms/form-dialog.tsx";
import { SelectField } from "#console/kit/field.tsx";
import { say } from "#console/kit/toast.tsx";
import { useAction } from "#console/lib/use-action.ts";

/** Ends one pair of credentials, or all of the key's. */
export function RevokeKey(props: { readonly of: Key; readonly onClose: () => void }) {
  const { name, project = "", status } = props.of;
  const [which, setWhich] = useState("");
  const revoke = useAction(async () => {
    await api.call(api.routes["key.revoke"], {
      params: { project, name },
      body: which === "" ? {} : { accessKeyId: which },
    });
    props.onClose();
    say(`Credentials of ${name} revoked`);
  });
  return (
    <FormDialog
      title={`Revoke credentials of ${name}?`}
      description="Whatever uses them is refused from the next request on. They cannot be brought back."
      error={revoke.error}
      busy={revoke.busy}
      submit={{ label: "Revoke", look: "danger" }}
      cancelLabel="Keep them"
      onSubmit={(event) => {
        event.preventDefault();
        revoke.run();
      }}
      onClose={props.onClose}
    >
      <SelectField label="Which" value={which} onChange={(event) => setWhich(event.target.value)}>
        <option value="">all of them</option>
        {(status.credentials ?? []).map(({ accessKeyId }) => (
          <option key={accessKeyId} value={accessKeyId}>
            {accessKeyId}
          </option>
        ))}
      </SelectField>
    </FormDialog>
  );
}

export function DeleteKey(props: { readonly of: Key; readonly onClose: () => void }) {
  const { name, project = "" } = props.of;
  const remove = useAction(async () => {
    await api.delete(keyKind, { project, name });
    props.onClose();
    say(`Key ${name} is being deleted`);
  });
  return (
    <ConfirmByName
      name={name}
      title={`Delete ${name}?`}
      description="Its credentials end at once, and whatever uses them is refused."
      confirmLabel="Delete key"
      cancelLabel="Keep it"
      error={remove.error}
      busy={remove.busy}
      onConfirm={() => remove.run()}
      onClose={props.onClose}
    />
  );
}

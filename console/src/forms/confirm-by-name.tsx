import { useState, type ReactNode } from "react";
import { FormDialog } from "#console/forms/form-dialog.tsx";
import { TextField } from "#console/kit/field.tsx";

/** For what cannot be undone: the name has to be typed before the button works. */
export function ConfirmByName(props: {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** What happens, to be read before the name is typed. */
  readonly preview?: ReactNode;
  readonly confirmLabel: string;
  readonly cancelLabel: string;
  readonly error: unknown;
  readonly busy: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}) {
  const [typed, setTyped] = useState("");
  const isTyped = typed === props.name;
  return (
    <FormDialog
      title={props.title}
      description={props.description}
      error={props.error}
      busy={props.busy}
      submit={{ label: props.confirmLabel, look: "danger", disabled: !isTyped }}
      cancelLabel={props.cancelLabel}
      onSubmit={(event) => {
        event.preventDefault();
        if (isTyped) props.onConfirm();
      }}
      onClose={props.onClose}
    >
      {props.preview}
      <TextField
        label={`Type ${props.name} to confirm`}
        value={typed}
        autoFocus
        autoCapitalize="none"
        className="font-mono"
        onChange={(event) => setTyped(event.target.value)}
      />
    </FormDialog>
  );
}

import type { ReactNode, SubmitEvent } from "react";
import { Button } from "#console/kit/button.tsx";
import { Dialog, DialogActions } from "#console/kit/dialog.tsx";
import { FailureNote } from "#console/kit/failure.tsx";

/** A form in a dialog: its fields, what went wrong when it was sent, and the two ways out. */
export function FormDialog(props: {
  readonly title: string;
  readonly description: string;
  readonly children: ReactNode;
  readonly error: unknown;
  readonly busy: boolean;
  readonly submit: {
    readonly label: string;
    readonly look?: "primary" | "danger";
    readonly disabled?: boolean;
  };
  readonly cancelLabel?: string;
  readonly onSubmit: (event: SubmitEvent) => void;
  readonly onClose: () => void;
}) {
  const { label, look = "primary", disabled = false } = props.submit;
  return (
    <Dialog open onClose={props.onClose} title={props.title} description={props.description}>
      <form onSubmit={props.onSubmit} noValidate className="flex flex-col gap-4">
        {props.children}
        <FailureNote error={props.error} />
        <DialogActions>
          <Button look="quiet" onClick={props.onClose}>
            {props.cancelLabel ?? "Cancel"}
          </Button>
          <Button type="submit" look={look} busy={props.busy} disabled={disabled}>
            {label}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

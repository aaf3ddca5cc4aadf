import { Button } from "#console/kit/button.tsx";
import { Dialog, DialogActions } from "#console/kit/dialog.tsx";
import { FailureNote } from "#console/kit/failure.tsx";
import { useAction } from "#console/lib/use-action.ts";

/** One question with two answers. It closes when the action went well, and says why when it did not. */
export function AskDialog(props: {
  readonly title: string;
  readonly description: string;
  readonly confirm: { readonly label: string; readonly look?: "primary" | "danger" };
  readonly cancelLabel?: string;
  readonly onConfirm: () => Promise<void>;
  readonly onClose: () => void;
}) {
  const act = useAction(async () => {
    await props.onConfirm();
    props.onClose();
  });
  return (
    <Dialog open onClose={props.onClose} title={props.title} description={props.description}>
      <FailureNote error={act.error} />
      <DialogActions>
        <Button look="quiet" onClick={props.onClose}>
          {props.cancelLabel ?? "Cancel"}
        </Button>
        <Button look={props.confirm.look ?? "primary"} busy={act.busy} onClick={() => act.run()}>
          {props.confirm.label}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

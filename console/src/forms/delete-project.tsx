import { useState, type SubmitEvent } from "react";
import { projectKind } from "#api/kinds/project.ts";
import { api } from "#console/data/api.ts";
import { useOperations, type Project } from "#console/data/queries.ts";
import { Button } from "#console/kit/button.tsx";
import { Dialog, DialogActions } from "#console/kit/dialog.tsx";
import { FailureNote } from "#console/kit/failure.tsx";
import { TextField } from "#console/kit/field.tsx";
import { Progress } from "#console/kit/meter.tsx";
import { useAction } from "#console/lib/use-action.ts";
import { OperationBody } from "#console/shell/operation-card.tsx";

/** Deletes after the name was typed, then shows how far the clean-up is. The page itself says when it is gone. */
export function DeleteProject(props: { readonly project: Project; readonly onClose: () => void }) {
  const { project } = props;
  const [typed, setTyped] = useState("");
  const [begun, setBegun] = useState(false);
  const remove = useAction(async () => {
    await api.delete(projectKind, { name: project.name });
    setBegun(true);
  });
  function submit(event: SubmitEvent): void {
    event.preventDefault();
    if (typed === project.name) remove.run();
  }
  if (begun) return <DeletionProgress project={project} onClose={props.onClose} />;
  return (
    <Dialog
      open
      onClose={props.onClose}
      title={`Delete project ${project.name}?`}
      description="Everything in it goes with it. This cannot be undone; the name becomes free again."
    >
      <form onSubmit={submit} className="flex flex-col gap-4">
        <TextField
          label={`Type ${project.name} to confirm`}
          value={typed}
          autoFocus
          autoCapitalize="none"
          className="font-mono"
          onChange={(event) => setTyped(event.target.value)}
        />
        <FailureNote error={remove.error} />
        <DialogActions>
          <Button look="quiet" onClick={props.onClose}>
            Keep it
          </Button>
          <Button type="submit" look="danger" busy={remove.busy} disabled={typed !== project.name}>
            Delete project
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

function DeletionProgress(props: { readonly project: Project; readonly onClose: () => void }) {
  const operations = useOperations();
  const operation = operations.data?.items.find(
    (item) =>
      item.target?.kind === "project" &&
      item.target.name === props.project.name &&
      item.createdAt >= props.project.createdAt,
  );
  return (
    <Dialog
      open
      onClose={props.onClose}
      title={`Deleting ${props.project.name}`}
      description="You can close this; it goes on, and the operations show it."
    >
      <Progress label={`Deleting ${props.project.name}`} percent={operation?.percent ?? 0} />
      {operation !== undefined && <OperationBody operation={operation} />}
      <DialogActions>
        <Button onClick={props.onClose}>Close</Button>
      </DialogActions>
    </Dialog>
  );
}

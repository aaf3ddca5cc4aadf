import { useState } from "react";
import { projectKind } from "#api/kinds/project.ts";
import { api } from "#console/data/api.ts";
import { useOperations, type Project } from "#console/data/queries.ts";
import { ConfirmByName } from "#console/forms/confirm-by-name.tsx";
import { Button } from "#console/kit/button.tsx";
import { Dialog, DialogActions } from "#console/kit/dialog.tsx";
import { Progress } from "#console/kit/meter.tsx";
import { useAction } from "#console/lib/use-action.ts";
import { OperationBody } from "#console/shell/operation-card.tsx";

/** Deletes after the name was typed, then shows how far the clean-up is. The page itself says when it is gone. */
export function DeleteProject(props: { readonly project: Project; readonly onClose: () => void }) {
  const { project } = props;
  const [begun, setBegun] = useState(false);
  const remove = useAction(async () => {
    await api.delete(projectKind, { name: project.name });
    setBegun(true);
  });
  if (begun) return <DeletionProgress project={project} onClose={props.onClose} />;
  return (
    <ConfirmByName
      name={project.name}
      title={`Delete project ${project.name}?`}
      description="Everything in it goes with it. This cannot be undone; the name becomes free again."
      confirmLabel="Delete project"
      cancelLabel="Keep it"
      error={remove.error}
      busy={remove.busy}
      onConfirm={remove.run}
      onClose={props.onClose}
    />
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

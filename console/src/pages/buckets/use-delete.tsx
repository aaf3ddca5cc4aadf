import { useState, type ReactNode } from "react";
import type { ListedObject } from "#api/objects.ts";
import { deleteObjects, keysUnder, type Target } from "#console/data/object-calls.ts";
import type { InBucket } from "#console/data/object-queries.ts";
import { Button } from "#console/kit/button.tsx";
import { Dialog, DialogActions } from "#console/kit/dialog.tsx";
import { FailureNote } from "#console/kit/failure.tsx";
import { say } from "#console/kit/toast.tsx";
import { countOf } from "#console/lib/format.ts";
import { useAction } from "#console/lib/use-action.ts";

type Picked = Pick<ListedObject, "type" | "key">;

/**
 * Deletes what was picked. Where versions are kept, single objects go at once, for they can be had back; everything else is asked about.
 */
export function useDelete(
  bucket: InBucket,
  keepsVersions: boolean,
  onDone: () => void,
): { readonly ask: (picked: readonly Picked[]) => void; readonly busy: boolean; readonly dialog: ReactNode } {
  const [asked, setAsked] = useState<readonly Picked[]>();
  const remove = useAction(async (picked: readonly Picked[]) => {
    const folders = picked.filter(({ type }) => type === "prefix").map(({ key }) => key);
    const keys = picked.filter(({ type }) => type !== "prefix").map(({ key }) => key);
    const targets = [...keys, ...(await keysUnder(bucket, folders))].map((key) => ({ key }));
    tellDeleted(bucket, await deleteObjects(bucket, targets));
    setAsked(undefined);
    onDone();
  });
  const ask = (picked: readonly Picked[]) => {
    const isEasy = keepsVersions && picked.every(({ type }) => type !== "prefix");
    remove.reset();
    if (isEasy) remove.run(picked);
    else setAsked(picked);
  };
  // What was refused without a question before it has to be told somewhere.
  const shown = asked ?? (remove.error === undefined ? undefined : []);
  const close = () => {
    setAsked(undefined);
    remove.reset();
  };
  const dialog = shown !== undefined && (
    <Dialog
      open
      onClose={close}
      title={shown.length === 0 ? "Not everything was deleted" : `Delete ${whatOf(shown)}?`}
      description={
        keepsVersions
          ? "Older versions stay; you can undo this, or restore them under Versions."
          : "This bucket keeps no versions: what is deleted cannot be had back."
      }
    >
      <FailureNote error={remove.error} />
      <DialogActions>
        <Button look="quiet" onClick={close}>
          {shown.length === 0 ? "Close" : "Keep"}
        </Button>
        {shown.length > 0 && (
          <Button look="danger" busy={remove.busy} onClick={() => remove.run(shown)}>
            Delete
          </Button>
        )}
      </DialogActions>
    </Dialog>
  );
  return { ask, busy: remove.busy, dialog };
}

function whatOf(picked: readonly Picked[]): string {
  const folders = picked.filter(({ type }) => type === "prefix").length;
  const objects = picked.length - folders;
  const [only] = picked;
  if (picked.length === 1 && only !== undefined)
    return folders === 1 ? `${only.key} and all that is in it` : only.key;
  const parts = [
    ...(objects === 0 ? [] : [countOf(objects, "object")]),
    ...(folders === 0
      ? []
      : [`${countOf(folders, "folder")} with all that is in ${folders === 1 ? "it" : "them"}`]),
  ];
  return parts.join(" and ");
}

function tellDeleted(bucket: InBucket, deleted: Awaited<ReturnType<typeof deleteObjects>>): void {
  const { count, marks, refusals } = deleted;
  const [refusal] = refusals;
  if (refusal !== undefined)
    say(`${countOf(refusals.length, "object")} could not be deleted`, {
      tone: "bad",
      description: `${refusal.key}: ${refusal.message}`,
    });
  if (count === 0) return;
  const action = { label: "Undo", run: () => void undo(bucket, marks) };
  say(`${countOf(count, "object")} deleted`, marks.length === 0 ? {} : { action });
}

/** Removing its mark brings an object back. */
async function undo(bucket: InBucket, marks: readonly Target[]): Promise<void> {
  try {
    const { count } = await deleteObjects(bucket, marks);
    say(`${countOf(count, "object")} back again`);
  } catch (error) {
    say("The objects could not be brought back", {
      tone: "bad",
      description: error instanceof Error ? error.message : "",
    });
  }
}

import type { ReactNode } from "react";
import type { DriveDetailView } from "#api/objects.ts";
import { removeDrive, setWanted } from "#console/data/store-queries.ts";
import { ConfirmByName } from "#console/forms/confirm-by-name.tsx";
import { Button } from "#console/kit/button.tsx";
import { Dialog, DialogActions } from "#console/kit/dialog.tsx";
import { FailureNote } from "#console/kit/failure.tsx";
import { StateMark, type Tone } from "#console/kit/state.tsx";
import { say } from "#console/kit/toast.tsx";
import { givingUp } from "#console/lib/drive-view.ts";
import { countOf } from "#console/lib/format.ts";
import { useAction } from "#console/lib/use-action.ts";

interface About {
  readonly drive: DriveDetailView & { readonly name: string };
  readonly all: readonly DriveDetailView[];
  readonly margin: number | undefined;
  readonly onClose: () => void;
}

/** Empties a drive that still works: nothing is at risk meanwhile, and it can be taken back. */
export function DrainDrive({ drive, onClose }: About) {
  const { name } = drive;
  const drain = useAction(async () => {
    await setWanted(name, "drained");
    say(`${name} is being emptied`, {
      action: { label: "Take back", run: () => void setWanted(name, "active") },
    });
    onClose();
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Drain ${name}?`}
      description={`What lies on it (${countOf(drive.shards, "shard")}) is moved to other drives. Redundancy stays as it is meanwhile, and it can be taken back at any time.`}
    >
      <FailureNote error={drain.error} />
      <DialogActions>
        <Button look="quiet" onClick={onClose}>
          Cancel
        </Button>
        <Button look="primary" busy={drain.busy} onClick={() => drain.run()}>
          Drain
        </Button>
      </DialogActions>
    </Dialog>
  );
}

/** Gives a drive up at once, after what that does was read and its name typed. */
export function GiveUpDrive({ drive, all, margin, onClose }: About) {
  const { name } = drive;
  const give = useAction(async () => {
    await setWanted(name, "failed");
    say(`${name} is given up`);
    onClose();
  });
  return (
    <ConfirmByName
      name={name}
      title={`Give ${name} up?`}
      description="For a disk that is broken or gone. Drain one that still works: that risks nothing."
      preview={<Preview lines={givingUp(drive, margin, all)} />}
      confirmLabel="Give up"
      cancelLabel="Keep it"
      error={give.error}
      busy={give.busy}
      onConfirm={give.run}
      onClose={onClose}
    />
  );
}

/** Takes a drive out of the store; one that works is emptied first. */
export function RemoveDrive(props: {
  readonly name: string;
  readonly isInStore: boolean;
  readonly onClose: () => void;
}) {
  const { name, isInStore, onClose } = props;
  const remove = useAction(async () => {
    await removeDrive(name);
    say(isInStore ? `${name} is emptied, then removed` : `${name} is removed`);
    onClose();
  });
  return (
    <ConfirmByName
      name={name}
      title={`Remove ${name}?`}
      description={
        isInStore
          ? "It is emptied first, unless it was given up; then the store forgets it. Its number is never used again."
          : "The store does not use it. What lies at its path stays."
      }
      confirmLabel="Remove drive"
      cancelLabel="Keep it"
      error={remove.error}
      busy={remove.busy}
      onConfirm={remove.run}
      onClose={onClose}
    />
  );
}

function Preview(props: {
  readonly lines: readonly { readonly tone: Tone; readonly text: string }[];
}): ReactNode {
  return (
    <ul aria-label="What happens" className="flex flex-col gap-2 rounded-md bg-sunken px-3 py-2.5">
      {props.lines.map(({ tone, text }) => (
        <li key={text} className="flex items-start gap-3 text-ink">
          <span className="flex h-5 items-center">
            <StateMark tone={tone} />
          </span>
          {text}
        </li>
      ))}
    </ul>
  );
}

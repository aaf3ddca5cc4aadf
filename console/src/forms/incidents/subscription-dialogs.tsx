import { useState } from "react";
import {
  deleteSubscription,
  trySubscription,
  type Subscription,
  type Tried,
} from "#console/data/incident-queries.ts";
import { Button } from "#console/kit/button.tsx";
import { Dialog, DialogActions } from "#console/kit/dialog.tsx";
import { FailureNote } from "#console/kit/failure.tsx";
import { State } from "#console/kit/state.tsx";
import { say } from "#console/kit/toast.tsx";
import { useAction } from "#console/lib/use-action.ts";

interface About {
  readonly subscription: Subscription;
  readonly onClose: () => void;
}

/** Sends one message, and shows what the other side said. */
export function TrySubscription({ subscription, onClose }: About) {
  const [tried, setTried] = useState<Tried>();
  const test = useAction(async () => {
    setTried(undefined);
    setTried(await trySubscription(subscription));
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Test ${subscription.name}`}
      description={`One message goes to ${subscription.spec.email ?? subscription.spec.webhook?.url ?? "it"}. It says that it is a test.`}
    >
      <div role="status" className="flex min-h-10 flex-col gap-2">
        {test.busy && <State tone="busy">Waiting for the other side</State>}
        {tried !== undefined && (
          <>
            <State tone={tried.ok ? "good" : "bad"}>
              {tried.ok ? "The other side took it" : "The other side did not take it"}
            </State>
            <code className="rounded-md bg-sunken px-3 py-2 text-xs break-words whitespace-pre-wrap text-ink">
              {tried.answer}
            </code>
          </>
        )}
      </div>
      <FailureNote error={test.error} />
      <DialogActions>
        <Button look="quiet" onClick={onClose}>
          Close
        </Button>
        <Button look="primary" busy={test.busy} onClick={() => test.run()}>
          {tried === undefined ? "Send" : "Send another"}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

export function DeleteSubscription({ subscription, onClose }: About) {
  const remove = useAction(async () => {
    await deleteSubscription(subscription);
    say(`${subscription.name} is told no more`);
    onClose();
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Delete ${subscription.name}?`}
      description="It is told no more, not even that an open incident is over."
    >
      <FailureNote error={remove.error} />
      <DialogActions>
        <Button look="quiet" onClick={onClose}>
          Keep it
        </Button>
        <Button look="danger" busy={remove.busy} onClick={() => remove.run()}>
          Delete
        </Button>
      </DialogActions>
    </Dialog>
  );
}

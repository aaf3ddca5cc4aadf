import type { WorkerView } from "#api/burst.ts";
import { drainWorker, releaseWorker } from "#console/data/burst-queries.ts";
import { AskDialog } from "#console/forms/burst/ask-dialog.tsx";
import { say } from "#console/kit/toast.tsx";
import { countOf } from "#console/lib/format.ts";

interface About {
  readonly worker: WorkerView;
  readonly onClose: () => void;
}

/** Gives a worker nothing new; it leaves by itself. */
export function DrainWorker({ worker, onClose }: About) {
  const { id, name, running } = worker;
  return (
    <AskDialog
      title={`Drain ${name}?`}
      description={`It gets nothing new, ends what it runs (${countOf(running, "task")}) and leaves. It may join again.`}
      confirm={{ label: "Drain" }}
      onConfirm={async () => {
        await drainWorker(id);
        say(`${name} takes nothing new`);
      }}
      onClose={onClose}
    />
  );
}

/** Ends a quarantine, once somebody knows why it happened. */
export function ReleaseWorker({ worker, onClose }: About) {
  const { id, name, reason } = worker;
  return (
    <AskDialog
      title={`Release ${name}?`}
      description={`It was put into quarantine${reason === undefined ? "" : ` (${reason})`}. Once released it may connect and work again; find out first why its results were wrong.`}
      confirm={{ label: "Release" }}
      onConfirm={async () => {
        await releaseWorker(id);
        say(`${name} may work again`);
      }}
      onClose={onClose}
    />
  );
}

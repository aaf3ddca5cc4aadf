import { Link } from "react-router";
import { useOperations } from "#console/data/queries.ts";
import { Drawer } from "#console/kit/dialog.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { Empty } from "#console/kit/page.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { isRunning } from "#console/lib/operations.ts";
import { useStore } from "#console/lib/store.ts";
import { OperationCard } from "#console/shell/operation-card.tsx";
import { closeOverlay, overlay } from "#console/shell/overlay-store.ts";

/** Finished operations that the drawer still shows; the page has the rest. */
const maxFinished = 20;

/** What is being done and what was done last, over any page. */
export function OperationsDrawer() {
  const shown = useStore(overlay);
  return (
    <Drawer
      open={shown === "operations"}
      onClose={closeOverlay}
      title="Operations"
      actions={
        <Link
          to="/operations"
          onClick={closeOverlay}
          className="control flex items-center rounded-md px-2 text-dim hover:text-ink"
        >
          All operations
        </Link>
      }
    >
      <DrawerList />
    </Drawer>
  );
}

function DrawerList() {
  const query = useOperations();
  if (query.data === undefined)
    return query.error === null ? (
      <SkeletonRows />
    ) : (
      <div className="p-4">
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      </div>
    );
  const running = query.data.items.filter(isRunning);
  const finished = query.data.items.filter((operation) => !isRunning(operation)).slice(0, maxFinished);
  if (running.length + finished.length === 0)
    return (
      <Empty title="Nothing has been done yet">
        What takes longer than a moment shows its steps here while it runs, and stays here when it is done.
      </Empty>
    );
  return (
    <ul className="divide-y divide-line">
      {[...running, ...finished].map((operation) => (
        <li key={operation.id}>
          <OperationCard operation={operation} startOpen={isRunning(operation)} />
        </li>
      ))}
    </ul>
  );
}

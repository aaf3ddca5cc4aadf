import { Plus } from "lucide-react";
import { useState } from "react";
import type { DriveDetailView } from "#api/objects.ts";
import { may } from "#console/data/permissions.ts";
import { useMe } from "#console/data/session.tsx";
import { useDriveResources, useDrivesNow, useStoreNow, type Drive } from "#console/data/store-queries.ts";
import { AddDrive } from "#console/forms/storage/add-drive.tsx";
import { Button } from "#console/kit/button.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { Empty, Page } from "#console/kit/page.tsx";
import { SkeletonPage } from "#console/kit/skeleton.tsx";
import { State } from "#console/kit/state.tsx";
import { storePhase } from "#console/lib/drive-view.ts";
import { DriveCard, WaitingDrive } from "#console/pages/storage/drive-card.tsx";
import { EndpointsPanel } from "#console/pages/storage/endpoints-panel.tsx";
import { MaskedPanel } from "#console/pages/storage/masked-panel.tsx";
import { StorePanel } from "#console/pages/storage/store-panel.tsx";
import { WorkMenu, WorkPanel } from "#console/pages/storage/work-panel.tsx";

/** The object store: what could still fail, and for owners every drive of it. */
export function Drives() {
  const mayManage = may(useMe(), "store.manage");
  const [adding, setAdding] = useState(false);
  const { data: store, error, refetch } = useStoreNow();
  const drives = useDrivesNow(mayManage && store !== undefined && store.phase !== "absent");
  const resources = useDriveResources(mayManage);
  if (store === undefined)
    return error === null ? (
      <SkeletonPage />
    ) : (
      <Page title="Drives">
        <Failure error={error} onRetry={() => void refetch()} />
      </Page>
    );
  const phase = storePhase(store.phase);
  if (store.phase === "absent")
    return (
      <Page title="Drives" aside={<State tone={phase.tone}>{phase.text}</State>}>
        <Empty title="There is no object store here">{store.reason}</Empty>
      </Page>
    );
  return (
    <Page
      title="Drives"
      subtitle="What objects lie on, and how much of it could still fail."
      aside={<State tone={phase.tone}>{phase.text}</State>}
      actions={
        mayManage && (
          <>
            <WorkMenu />
            <Button look="primary" onClick={() => setAdding(true)}>
              <Plus size={15} aria-hidden="true" />
              Add drive
            </Button>
          </>
        )
      }
    >
      <StorePanel store={store} />
      {mayManage && (
        <>
          <DriveMap
            drives={drives.data}
            resources={resources ?? []}
            error={drives.error}
            margin={store.margin}
            refetch={() => void drives.refetch()}
          />
          <div className="grid items-start gap-6 lg:grid-cols-2">
            <WorkPanel work={store.work ?? []} />
            <MaskedPanel counters={store.counters ?? {}} />
          </div>
          <EndpointsPanel />
        </>
      )}
      {adding && <AddDrive taken={resources ?? []} onClose={() => setAdding(false)} />}
    </Page>
  );
}

function DriveMap(props: {
  readonly drives: readonly DriveDetailView[] | undefined;
  readonly resources: readonly Drive[];
  readonly error: Error | null;
  readonly margin: number | undefined;
  readonly refetch: () => void;
}) {
  const { drives, error } = props;
  const known = new Set(drives?.map(({ name }) => name));
  const waiting = props.resources.filter(({ name }) => !known.has(name));
  return (
    <section aria-labelledby="drive-map" className="flex flex-col gap-3">
      <h2 id="drive-map" className="text-sm font-semibold text-ink">
        Drive map
      </h2>
      {drives === undefined ? (
        error === null ? (
          <div role="status" aria-label="Loading" className={grid}>
            {[0, 1, 2].map((at) => (
              <div key={at} className="skeleton h-56" />
            ))}
          </div>
        ) : (
          <Failure error={error} onRetry={props.refetch} />
        )
      ) : (
        <ul className={grid}>
          {drives.map((drive) => (
            <li key={drive.number} className="min-w-0">
              <DriveCard
                drive={drive}
                all={drives}
                margin={props.margin}
                resource={props.resources.find(({ name }) => name === drive.name)}
              />
            </li>
          ))}
          {waiting.map((drive) => (
            <li key={drive.id} className="min-w-0">
              <WaitingDrive drive={drive} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

const grid = "grid grid-cols-[repeat(auto-fill,minmax(min(100%,20rem),1fr))] gap-4";

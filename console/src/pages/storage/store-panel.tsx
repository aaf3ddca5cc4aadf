import type { ReactNode } from "react";
import type { StoreStatusView } from "#api/objects.ts";
import { CopyField } from "#console/kit/copy.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { State, StateMark } from "#console/kit/state.tsx";
import { layoutWords, marginWords, storePhase } from "#console/lib/drive-view.ts";
import { countOf, formatBytes, formatCount } from "#console/lib/format.ts";

/** What everybody may know of the store: whether it serves, where, and how much could still fail. */
export function StorePanel(props: { readonly store: StoreStatusView }) {
  const { store } = props;
  const { layout, margin, objects, bytes, buckets, repairQueue, garbageBytes, journal } = store;
  return (
    <Panel title="Object store" quietTitle className="pt-4">
      {store.phase !== "serving" && (
        <p role="status" className="mb-4 flex items-start gap-3 rounded-md bg-warn-soft px-3 py-2 text-ink">
          <span className="flex h-5 items-center">
            <StateMark tone={storePhase(store.phase).tone} />
          </span>
          {store.reason ?? "It begins to serve in a moment. Requests wait until then."}
        </p>
      )}
      <dl className="grid grid-cols-1 gap-x-8 gap-y-5 sm:grid-cols-2 lg:grid-cols-4">
        {margin !== undefined && (
          <Fact
            name="Margin"
            value={<State tone={marginWords(margin, layout).tone}>{String(margin)}</State>}
            note={marginWords(margin, layout).text}
          />
        )}
        {layout !== undefined && (
          <Fact
            name="Layout"
            value={layout.m === 0 ? "1" : `${layout.k} + ${layout.m}`}
            note={`${layoutWords(layout)}; ${countOf(layout.copies, "copy", "copies")} of the journal`}
          />
        )}
        {objects !== undefined && (
          <Fact
            name="Objects"
            value={formatCount(objects)}
            note={`${formatBytes(bytes ?? 0)} in ${countOf(buckets ?? 0, "bucket")}`}
          />
        )}
        {repairQueue !== undefined && (
          <Fact
            name="Waiting for repair"
            value={repairQueue === 0 ? "0" : <State tone="busy">{formatCount(repairQueue)}</State>}
            note={[
              `${formatBytes(garbageBytes ?? 0)} of garbage`,
              ...(journal === undefined
                ? []
                : [`journal of ${formatBytes(journal.bytes)} in ${countOf(journal.segments, "segment")}`]),
            ].join(", ")}
          />
        )}
      </dl>
      {store.endpoint !== undefined && (
        <div className="mt-5 flex flex-wrap items-center gap-x-4 gap-y-2">
          <span className="text-xs text-dim">S3 endpoint, region {store.region ?? "any"}</span>
          <div className="min-w-0 max-sm:w-full">
            <CopyField text={store.endpoint} label="Copy the endpoint" />
          </div>
        </div>
      )}
    </Panel>
  );
}

function Fact(props: { readonly name: string; readonly value: ReactNode; readonly note: string }) {
  return (
    <div className="flex min-w-0 flex-col gap-0.5">
      <dt className="text-xs text-dim">{props.name}</dt>
      <dd className="text-lg font-medium tracking-tight text-ink tabular">{props.value}</dd>
      <dd className="text-xs text-faint">{props.note}</dd>
    </div>
  );
}

import { Panel } from "#console/kit/panel.tsx";
import { StateMark } from "#console/kit/state.tsx";
import { maskedWords } from "#console/lib/drive-view.ts";
import { formatCount } from "#console/lib/format.ts";

/** Failures that no client saw, and those that one did. */
export function MaskedPanel(props: { readonly counters: Readonly<Record<string, number>> }) {
  const { counters } = props;
  const names = [
    ...Object.keys(maskedWords).filter((name) => name in counters),
    ...Object.keys(counters).filter((name) => !(name in maskedWords)),
  ];
  return (
    <Panel title="Kept from clients" note="since the store started" flush>
      <dl className="divide-y divide-line">
        {names.map((name) => {
          const count = counters[name] ?? 0;
          const isSeen = name === "brokenPromises";
          return (
            <div key={name} className="flex min-h-10 items-center justify-between gap-4 px-4 py-2">
              <dt className="min-w-0 text-dim">
                {maskedWords[name] ?? name}
                {isSeen && <span className="text-faint"> · the one thing that clients see</span>}
              </dt>
              <dd className="flex items-center gap-2 text-ink tabular">
                {isSeen && <StateMark tone={count === 0 ? "good" : "bad"} />}
                {formatCount(count)}
              </dd>
            </div>
          );
        })}
      </dl>
    </Panel>
  );
}

import { AppWindow, Cpu, Ellipsis, Server, type LucideIcon } from "lucide-react";
import { useId, useState } from "react";
import type { WorkerView } from "#api/burst.ts";
import { DrainWorker, ReleaseWorker } from "#console/forms/burst/worker-dialogs.tsx";
import { IconButton } from "#console/kit/button.tsx";
import { Menu, MenuItem } from "#console/kit/menu.tsx";
import { State, Tag } from "#console/kit/state.tsx";
import { Ago } from "#console/kit/time.tsx";
import { formatGigahertz } from "#console/lib/burst-text.ts";
import { kindWords, pressureWords, trustWords, workerMeans, workerState } from "#console/lib/burst-view.ts";
import { countOf, formatBytes, formatCount } from "#console/lib/format.ts";
import { slotColour } from "#console/pages/burst/core-figure.tsx";

const icons: Readonly<Record<WorkerView["kind"], LucideIcon>> = {
  threads: Cpu,
  agent: Server,
  browser: AppWindow,
};

/** One worker: who it is, what it is worth, and what it does now. */
export function WorkerCard(props: { readonly worker: WorkerView; readonly mayManage: boolean }) {
  const { worker, mayManage } = props;
  const id = useId();
  const Icon = icons[worker.kind];
  const state = workerState(worker.state);
  const why = worker.reason ?? workerMeans[worker.state];
  const pressure = pressureWords(worker.pressure);
  // A worker has some tasks at hand, so that no slot waits for the next one.
  const busy = Math.min(worker.running, worker.slots);
  return (
    <article
      aria-labelledby={id}
      className="flex h-full flex-col gap-3 rounded-lg border border-line bg-surface p-4"
    >
      <header className="flex items-start gap-3">
        <span title={kindWords[worker.kind]} className="mt-0.5 shrink-0 text-dim">
          <Icon size={20} strokeWidth={1.5} aria-hidden="true" />
        </span>
        <div className="min-w-0 grow">
          <div className="flex flex-wrap items-baseline justify-between gap-x-3">
            <h3 id={id} className="min-w-0 truncate font-semibold text-ink" title={worker.name}>
              {worker.name}
            </h3>
            <State tone={state.tone}>{state.text}</State>
          </div>
          <p className="text-xs text-faint">{kindWords[worker.kind]}</p>
        </div>
      </header>
      <div className="flex items-end justify-between gap-4">
        <p className="text-lg font-medium tracking-tight text-ink tabular">
          {formatGigahertz(worker.gigahertz)}
        </p>
        <p className="text-xs text-dim tabular">
          {busy} of {countOf(worker.slots, "slot")} busy
          {worker.running > busy && `, ${worker.running - busy} more at hand`}
        </p>
      </div>
      <Slots worker={worker} />
      {why !== undefined && <p className="text-dim">{why}</p>}
      {worker.found !== undefined && <Found found={worker.found} />}
      <footer className="mt-auto flex items-center justify-between gap-2 border-t border-line pt-3">
        <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1 text-xs text-dim tabular">
          <Tag title={trustWords[worker.trust].means}>{trustWords[worker.trust].text}</Tag>
          {worker.project !== undefined && <span>for {worker.project}</span>}
          <span>{formatCount(worker.done)} done</span>
          <span>{formatBytes(worker.memoryBytes)}</span>
          <span title="Speed of one slot, in reference cores">× {worker.speed.toFixed(2)}</span>
          {pressure.tone !== "good" && <Tag tone={pressure.tone}>{pressure.text}</Tag>}
          {worker.found === undefined && (
            <span className="text-faint">
              here since <Ago at={worker.connectedAt} />
            </span>
          )}
        </div>
        {mayManage && <WorkerActions worker={worker} />}
      </footer>
    </article>
  );
}

/** How one in quarantine was caught. */
function Found({ found }: { readonly found: NonNullable<WorkerView["found"]> }) {
  const { at, job, task, by } = found;
  return (
    <p className="text-xs break-words text-dim">
      Found <Ago at={at} /> at task {task} of {job}, by {by.join(" and ")}. It stays so until it is released.
    </p>
  );
}

/** More slots than this are a bar. */
const maxSquares = 64;

function Slots({ worker }: { readonly worker: WorkerView }) {
  const label = `${Math.min(worker.running, worker.slots)} of ${worker.slots} slots busy`;
  if (worker.slots > maxSquares)
    return (
      <div role="img" aria-label={label} className="h-2.5 overflow-hidden rounded-sm bg-accent-soft">
        <div
          className="h-full bg-accent"
          style={{ width: `${Math.min(1, worker.running / worker.slots) * 100}%` }}
        />
      </div>
    );
  return (
    <div role="img" aria-label={label} className="flex flex-wrap gap-1">
      {Array.from({ length: worker.slots }, (_, at) => (
        <span
          key={at}
          className={`size-3 rounded-[3px] transition-colors duration-200 ${slotColour(worker, at)}`}
        />
      ))}
    </div>
  );
}

function WorkerActions({ worker }: { readonly worker: WorkerView }) {
  const [asked, setAsked] = useState<"drain" | "release">();
  const close = () => setAsked(undefined);
  return (
    <>
      <Menu
        trigger={
          <IconButton label={`Actions for ${worker.name}`}>
            <Ellipsis size={16} aria-hidden="true" />
          </IconButton>
        }
      >
        <MenuItem
          disabled={worker.state === "draining" || worker.state === "quarantined"}
          onClick={() => setAsked("drain")}
        >
          Drain…
        </MenuItem>
        <MenuItem disabled={worker.state !== "quarantined"} onClick={() => setAsked("release")}>
          Release from quarantine…
        </MenuItem>
      </Menu>
      {asked === "drain" && <DrainWorker worker={worker} onClose={close} />}
      {asked === "release" && <ReleaseWorker worker={worker} onClose={close} />}
    </>
  );
}

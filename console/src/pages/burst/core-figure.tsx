import { CircleHelp } from "lucide-react";
import { useState } from "react";
import { referenceGigahertz, type Cluster, type WorkerView } from "#api/burst.ts";
import { IconButton } from "#console/kit/button.tsx";
import { Dialog } from "#console/kit/dialog.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { formatGigahertz, formatPerSecond } from "#console/lib/burst-text.ts";
import { gigahertzInUse } from "#console/lib/burst-view.ts";
import { formatCount, formatPercent } from "#console/lib/format.ts";

/** All workers as one core: how fast it is, how much of it works, and each slot of it. */
export function CoreFigure({ cluster }: { readonly cluster: Cluster }) {
  const inUse = gigahertzInUse(cluster.workers);
  const share = cluster.gigahertz === 0 ? 0 : (inUse / cluster.gigahertz) * 100;
  return (
    <Panel title="One core" note="all workers together" actions={<Definition workers={cluster.workers} />}>
      <div className="flex h-full flex-col gap-5">
        <p className="flex flex-wrap items-baseline gap-x-4 gap-y-1">
          <span className="text-2xl font-semibold tracking-tight text-ink tabular">
            {formatGigahertz(cluster.gigahertz)}
          </span>
          <span className="text-dim tabular">
            {formatGigahertz(inUse)} in use, {formatPercent(share)}
          </span>
        </p>
        <Die workers={cluster.workers} />
        <dl className="grid grid-cols-3 gap-4">
          <Fact name="Running" value={formatCount(cluster.running)} note="tasks" />
          <Fact name="Waiting" value={formatCount(cluster.ready)} note="for a slot" />
          <Fact name="Done" value={formatPerSecond(cluster.tasksPerSecond)} note="tasks" />
        </dl>
      </div>
    </Panel>
  );
}

function Fact(props: { readonly name: string; readonly value: string; readonly note: string }) {
  return (
    <div className="flex min-w-0 flex-col gap-0.5">
      <dt className="text-xs text-dim">{props.name}</dt>
      <dd className="text-lg font-medium tracking-tight text-ink tabular">{props.value}</dd>
      <dd className="text-xs text-faint">{props.note}</dd>
    </div>
  );
}

/** More slots than this are drawn as shares of the core. */
const maxSquares = 512;

/** The core from above: a field for each worker, as wide as it is strong, with a square for each slot. */
function Die({ workers }: { readonly workers: readonly WorkerView[] }) {
  const strongest = workers.toSorted((a, b) => b.gigahertz - a.gigahertz);
  const slots = workers.reduce((sum, worker) => sum + worker.slots, 0);
  return (
    <div
      role="img"
      aria-label={`${formatCount(slots)} slots of ${formatCount(workers.length)} workers, ${formatCount(
        workers.reduce((sum, worker) => sum + Math.min(worker.running, worker.slots), 0),
      )} of them busy`}
      className="flex min-h-28 grow gap-1 rounded-md bg-sunken p-1.5 max-sm:flex-wrap"
    >
      {strongest.map((worker) => (
        <div
          key={worker.id}
          title={`${worker.name}: ${formatGigahertz(worker.gigahertz)}, ${Math.min(worker.running, worker.slots)} of ${worker.slots} slots busy`}
          className="grid min-w-3 content-stretch gap-0.5 rounded-sm border border-line bg-surface p-1"
          style={{
            flex: `${worker.gigahertz} 1 0`,
            gridTemplateColumns: `repeat(${columnsOf(slots > maxSquares ? 1 : worker.slots)}, minmax(0, 1fr))`,
          }}
        >
          {slots > maxSquares ? (
            <Share worker={worker} />
          ) : (
            Array.from({ length: worker.slots }, (_, at) => (
              <span
                key={at}
                className={`min-h-1.5 rounded-[2px] transition-colors duration-200 ${slotColour(worker, at)}`}
              />
            ))
          )}
        </div>
      ))}
    </div>
  );
}

function Share({ worker }: { readonly worker: WorkerView }) {
  return (
    <span className="flex items-end overflow-hidden rounded-[2px] bg-hover">
      <span
        className={`w-full ${slotColour(worker, 0)}`}
        style={{ height: `${Math.min(1, worker.running / worker.slots) * 100}%` }}
      />
    </span>
  );
}

function columnsOf(slots: number): number {
  return Math.ceil(Math.sqrt(slots));
}

/** Colour of one slot: busy, free, or of a worker that gets nothing. */
export function slotColour(worker: WorkerView, at: number): string {
  if (worker.state === "quarantined") return "bg-bad-soft";
  if (at < worker.running) return worker.state === "silent" ? "bg-warn" : "bg-accent";
  return worker.state === "idle" || worker.state === "working" ? "bg-accent-soft" : "bg-sunken";
}

function Definition({ workers }: { readonly workers: readonly WorkerView[] }) {
  const [open, setOpen] = useState(false);
  const example = workers.toSorted((a, b) => b.gigahertz - a.gigahertz)[0];
  return (
    <>
      <IconButton label="What this figure means" onClick={() => setOpen(true)}>
        <CircleHelp size={16} aria-hidden="true" />
      </IconButton>
      <Dialog open={open} onClose={() => setOpen(false)} title="As if it were one core">
        <p className="text-ink">
          The figure is the sum, over all workers, of <b className="font-medium">slots × speed × 3 GHz</b>.
        </p>
        <dl className="flex flex-col gap-3">
          <Term name="Slots">How many tasks a worker runs at once: about one for each core it gives.</Term>
          <Term name="Speed">
            What one slot is worth in reference cores. Each worker measures it when it connects, with a small
            calibration kernel: the same WebAssembly everywhere, the kind of work that tasks are.
          </Term>
          <Term name={`${referenceGigahertz} GHz`}>
            The frequency of the reference core. A slot of speed 1 counts as {referenceGigahertz} GHz; prices
            and costs are in seconds of this core too.
          </Term>
        </dl>
        {example !== undefined && (
          <p className="rounded-md bg-sunken px-3 py-2 text-ink tabular">
            {example.name}: {example.slots} × {example.speed.toFixed(2)} × {referenceGigahertz} GHz ={" "}
            {formatGigahertz(example.gigahertz)}
          </p>
        )}
        <p className="text-dim">
          It is a measure of speed for work in many small parts. One task alone is as fast as the slot that
          runs it.
        </p>
      </Dialog>
    </>
  );
}

function Term(props: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt className="font-medium text-ink">{props.name}</dt>
      <dd className="text-dim">{props.children}</dd>
    </div>
  );
}

import { CircleHelp, Download, Pause, Play, Square, X } from "lucide-react";
import { useState } from "react";
import { about } from "#burst/choice/choose-way.ts";
import { referenceGigahertz } from "#api/burst.ts";
import { moneyText } from "../burst/money.ts";
import { Button, IconButton } from "../kit/button.tsx";
import { start } from "../lib/start.ts";
import { AtBound } from "./at-bound.tsx";
import { ExportDialog } from "./export-dialog.tsx";
import type { MergeRunView } from "./merge-run-state.ts";
import type { RunState } from "./run-state.ts";
import { here } from "./task-map.ts";
import { WaysDialog } from "./ways-dialog.tsx";

/** What a full-size merge does now, over the lower edge of the picture. */
export function RunPanel({ run: view }: { readonly run: MergeRunView }) {
  const { run, view: state } = view;
  const { phase } = state;
  return (
    <>
      <WaysDialog
        asked={phase === "asking" || phase === "preparing" ? state.asked : undefined}
        isPreparing={phase === "preparing"}
        keeping={view.keeping}
        canHaveRadiance={view.canHaveRadiance}
        onKeeping={view.open}
        onGo={(way, mode, bound) =>
          start("The merge could not be started", async () => await run.go(way, mode, bound))
        }
        onClose={() => run.dismiss()}
      />
      {(phase === "sending" || phase === "running" || phase === "fetching") && <Running view={view} />}
      {phase === "done" && <Done view={view} />}
      {phase === "stopped" && <Stopped view={view} />}
      {state.failure !== undefined && (
        <div className="m-2 flex items-center gap-3 rounded-lg border border-bad/50 bg-raised p-3 shadow-float">
          <p role="alert" className="grow text-bad">
            {state.failure}
          </p>
          {phase !== "stopped" && (
            <>
              <Button onClick={() => view.open()}>Try again</Button>
              <IconButton label="Dismiss" onClick={() => run.dismiss()}>
                <X size={14} aria-hidden="true" />
              </IconButton>
            </>
          )}
        </div>
      )}
    </>
  );
}

function Running({ view }: { readonly view: MergeRunView }) {
  const { run, view: state } = view;
  const isAway = state.way !== "local";
  return (
    <section
      aria-label="Merge in progress"
      className="m-2 flex flex-col gap-2 rounded-lg border border-line bg-raised p-3"
    >
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <p role="status" className="grow font-medium">
          {sentenceOf(state)}
        </p>
        <Rate gigahertz={state.gigahertz} />
        {state.remainingSeconds !== undefined && !state.isPaused && (
          <span className="tabular text-xs text-dim">{about(state.remainingSeconds)} left</span>
        )}
        <Cost state={state} />
      </div>
      <div
        role="progressbar"
        aria-label="Part of the merge that is done"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(state.share * 100)}
        className="h-1.5 overflow-hidden rounded-full bg-sunken"
      >
        <div className="h-full bg-accent transition-[width]" style={{ width: `${state.share * 100}%` }} />
      </div>
      <Places state={state} />
      {isAtBound(state) ? (
        <AtBound view={view} />
      ) : (
        <div className="flex flex-wrap gap-2">
          {state.isPaused ? (
            <Button onClick={() => start("It could not go on", async () => await run.goOn())}>
              <Play size={14} aria-hidden="true" /> Go on
            </Button>
          ) : (
            <Button
              disabled={state.phase !== "running"}
              onClick={() => start("It could not be paused", async () => await run.pause())}
            >
              <Pause size={14} aria-hidden="true" /> Pause
            </Button>
          )}
          {isAway && state.phase === "running" && (
            <>
              <Button
                aria-pressed={state.joined !== undefined}
                onClick={() => run.workAlong(state.joined === undefined || state.joined.state === "ended")}
              >
                {state.joined === undefined || state.joined.state === "ended"
                  ? "Let this computer help"
                  : "Stop helping"}
              </Button>
              <Button
                onClick={() =>
                  start("It could not be finished here", async () => await run.finishHere(view.keeping))
                }
              >
                Finish on my computer
              </Button>
            </>
          )}
          <Button
            look="danger"
            busy={state.isStopping}
            onClick={() => start("The merge could not be stopped", async () => await run.stop())}
          >
            {!state.isStopping && <Square size={14} aria-hidden="true" />} Stop
          </Button>
        </div>
      )}
    </section>
  );
}

function sentenceOf(state: RunState): string {
  const { phase, way, isPaused, share } = state;
  if (phase === "sending") return state.sentBytes > 0 ? "Sending what the workers need…" : "Ordering…";
  if (state.isStopping) return "Stopping, and fetching what is there…";
  if (phase === "fetching") return "Fetching the result…";
  if (isAtBound(state)) return "It waits: the amount that you accepted is used up.";
  if (isPaused) return "Paused";
  const where = { local: "here", remote: "in the data center", hybrid: "here and in the data center" };
  return `Merging ${where[way ?? "local"]}: ${Math.floor(share * 100)} %`;
}

function isAtBound({ job }: RunState): boolean {
  return (
    job?.state === "paused" && job.mode === "burst" && job.reason !== undefined && /bound/.test(job.reason)
  );
}

/** All who work on it as one core; a press says what that means. */
function Rate({ gigahertz }: { readonly gigahertz: number | undefined }) {
  const [isOpen, setOpen] = useState(false);
  if (gigahertz === undefined) return null;
  return (
    <span className="relative">
      <button
        type="button"
        className="tabular flex items-center gap-1 text-xs text-dim hover:text-ink"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        like one core of {gigahertz.toFixed(1)} GHz <CircleHelp size={12} aria-hidden="true" />
      </button>
      {isOpen && (
        <span
          role="note"
          className="absolute right-0 bottom-6 z-10 block w-64 rounded-md border border-line bg-raised p-3 text-xs shadow-float"
        >
          Work done in the last seconds, as one core of our reference, which runs at {referenceGigahertz} GHz,
          would have to be clocked to do it alone.
        </span>
      )}
    </span>
  );
}

function Cost({ state: { job } }: { readonly state: RunState }) {
  if (job === undefined) return null;
  if (job.mode === "included") return <span className="text-xs text-dim">within your plan</span>;
  return (
    <span className="tabular text-xs text-dim">
      {moneyText(job.charged, job.currency)} of at most {moneyText(job.bound, job.currency)}
    </span>
  );
}

function Places({ state: { places, joined } }: { readonly state: RunState }) {
  if (places.length === 0 && joined === undefined) return null;
  return (
    <ul aria-label="Who works on it" className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-dim">
      {places.map(({ name, colour, done }) => (
        <li key={name} className="tabular flex items-center gap-1.5">
          <span aria-hidden="true" className="size-2.5 rounded-sm" style={{ background: colour }} />
          {name}: {done}
        </li>
      ))}
      {joined !== undefined && (
        <li>
          {joined.state === "working"
            ? joined.isPressed
              ? `${here} is busy: its tiles went to the others`
              : `${here} helps`
            : joined.state === "connecting"
              ? `${here} joins…`
              : joined.state === "away"
                ? `${here} lost its connection and tries again`
                : joined.reason}
        </li>
      )}
    </ul>
  );
}

/** What is there of a picture that will not be whole: in view, and said to be no more than that. */
function Stopped({ view }: { readonly view: MergeRunView }) {
  const { run, view: state, keeping } = view;
  const { job, share } = state;
  const part = Math.floor(share * 100);
  return (
    <section
      aria-label="Stopped merge"
      className="m-2 flex flex-wrap items-center gap-3 rounded-lg border border-accent/60 bg-raised p-3"
    >
      <p role="status" className="min-w-56 grow">
        <strong className="font-medium">This picture is not whole.</strong>{" "}
        {part === 0
          ? "It was stopped before any of it was there; what you see is the preview."
          : `It was stopped with ${part}\u00a0% of it in full; the rest of what you see is the preview.`}
        {job !== undefined && job.mode === "burst" && (
          <span className="tabular text-dim"> It cost {moneyText(job.charged, job.currency)}.</span>
        )}
      </p>
      <Places state={state} />
      <div className="flex flex-wrap gap-2">
        <Button
          look="primary"
          onClick={() => start("It could not be finished here", async () => await run.finishHere(keeping))}
        >
          Finish on my computer
        </Button>
        <Button onClick={() => run.discard()}>Discard</Button>
      </div>
    </section>
  );
}

function Done({ view }: { readonly view: MergeRunView }) {
  const { run, view: state, saving } = view;
  const { saved, failure } = saving;
  const [isExporting, setExporting] = useState(false);
  const { job } = state;
  return (
    <section
      aria-label="Result"
      className="m-2 flex flex-wrap items-center gap-3 rounded-lg border border-line bg-raised p-3"
    >
      <p role="status" className="grow">
        {saved !== undefined
          ? `${saved.photo.name} is in the album.`
          : failure === undefined
            ? "Saving to the album…"
            : `It is done, but not in the album yet. ${failure}`}
        {job !== undefined && job.mode === "burst" && (
          <span className="tabular text-dim"> It cost {moneyText(job.charged, job.currency)}.</span>
        )}
      </p>
      <Places state={state} />
      <Button look="primary" disabled={saved === undefined} onClick={() => setExporting(true)}>
        <Download size={14} aria-hidden="true" /> Export
      </Button>
      {failure !== undefined && <Button onClick={saving.again}>Save again</Button>}
      <Button onClick={() => run.discard()}>Done</Button>
      {saved !== undefined && state.results !== undefined && (
        <ExportDialog
          open={isExporting}
          onClose={() => setExporting(false)}
          results={state.results}
          saved={saved}
        />
      )}
    </section>
  );
}

import { HardDrive } from "lucide-react";
import { useId, type ReactNode } from "react";
import type { DriveDetailView } from "#api/objects.ts";
import { endDrill, type Drive } from "#console/data/store-queries.ts";
import { Button } from "#console/kit/button.tsx";
import { tellError } from "#console/kit/failure.tsx";
import { Progress } from "#console/kit/meter.tsx";
import { State, StateMark, Tag } from "#console/kit/state.tsx";
import { Ago, ClockTime, useNow } from "#console/kit/time.tsx";
import { say } from "#console/kit/toast.tsx";
import { driveState } from "#console/lib/drive-view.ts";
import { formatCount, formatDuration } from "#console/lib/format.ts";
import { useAction } from "#console/lib/use-action.ts";
import { DriveActions, RemoveOnly } from "#console/pages/storage/drive-actions.tsx";
import { FillBar } from "#console/pages/storage/fill-bar.tsx";

/** One drive: how it is, how full, and what it has to say. */
export function DriveCard(props: {
  readonly drive: DriveDetailView;
  readonly resource: Drive | undefined;
  readonly all: readonly DriveDetailView[];
  readonly margin: number | undefined;
}) {
  const { drive, resource } = props;
  const state = driveState(drive.state);
  const name = drive.name ?? `Drive ${drive.number}`;
  const why = drive.reason ?? state.means;
  return (
    <Card
      name={name}
      title={resource?.spec.title ?? ""}
      path={drive.path}
      state={<State tone={state.tone}>{state.text}</State>}
    >
      {why !== undefined && state.tone !== "good" && (
        <p className="text-dim">
          {sentence(why)} <span className="text-faint">Since </span>
          <span className="text-faint">
            <Ago at={drive.since} />
          </span>
        </p>
      )}
      {drive.drill !== undefined && <RunningDrill name={drive.name} drill={drive.drill} />}
      <FillBar label={`${name}: how full`} drive={drive} />
      <dl className="grid grid-cols-2 gap-x-6 gap-y-1.5">
        <Number name="Read" value={latency(drive.readLatencyMs)} />
        <Number name="Shards" value={formatCount(drive.shards)} />
        <Number name="Made durable" value={latency(drive.syncLatencyMs)} />
        <Number name="Journal" value={formatCount(drive.segments)} />
        <Number name="Errors" value={formatCount(drive.errors)} warn={drive.errors > 0} />
        <Number name="Missing" value={formatCount(drive.missingShards)} warn={drive.missingShards > 0} />
      </dl>
      {drive.name !== undefined && resource !== undefined && (
        <DriveActions drive={{ ...drive, name: drive.name }} all={props.all} margin={props.margin} />
      )}
    </Card>
  );
}

/** One that the store has not taken in: most often because of what lies at its path. */
export function WaitingDrive(props: { readonly drive: Drive }) {
  const { name, spec, status, deletingSince } = props.drive;
  const state =
    deletingSince === undefined
      ? driveState(status.phase ?? "pending")
      : { tone: "warn" as const, text: "Being removed" };
  return (
    <Card
      name={name}
      title={spec.title}
      path={spec.path}
      state={<State tone={state.tone}>{state.text}</State>}
    >
      <p className="text-dim">{sentence(status.reason ?? "The store looks at it in a moment.")}</p>
      <RemoveOnly name={name} />
    </Card>
  );
}

function Card(props: {
  readonly name: string;
  readonly title: string;
  readonly path: string;
  readonly state: ReactNode;
  readonly children: ReactNode;
}) {
  const id = useId();
  return (
    <article
      aria-labelledby={id}
      className="flex h-full flex-col gap-4 rounded-lg border border-line bg-surface p-4"
    >
      <header className="flex items-start gap-3">
        <HardDrive size={20} strokeWidth={1.5} aria-hidden="true" className="mt-0.5 shrink-0 text-dim" />
        <div className="min-w-0 grow">
          <div className="flex flex-wrap items-baseline justify-between gap-x-3">
            <h3 id={id} className="min-w-0 truncate font-semibold text-ink">
              {props.name}
              {props.title !== "" && <span className="font-normal text-dim">{` · ${props.title}`}</span>}
            </h3>
            {props.state}
          </div>
          <p className="truncate font-mono text-xs text-faint" title={props.path}>
            {props.path}
          </p>
        </div>
      </header>
      {props.children}
    </article>
  );
}

function Number(props: { readonly name: string; readonly value: string; readonly warn?: boolean }) {
  return (
    <div className="flex items-baseline justify-between gap-3">
      <dt className="text-xs text-dim">{props.name}</dt>
      <dd className="text-ink tabular">
        {props.warn === true ? <Tag tone="warn">{props.value}</Tag> : props.value}
      </dd>
    </div>
  );
}

/** Longest drill; the bar shows what is left of the last minute, or of all of a longer one. */
const barMs = 60_000;

function RunningDrill(props: {
  readonly name: string | undefined;
  readonly drill: NonNullable<DriveDetailView["drill"]>;
}) {
  const { fault, until } = props.drill;
  const left = Math.max(0, Date.parse(until) - useNow(1000));
  const end = useAction(async () => {
    if (props.name === undefined) return;
    await endDrill(props.name).catch((error: unknown) => {
      say("The drill goes on", { tone: "bad", description: tellError(error).detail });
    });
  });
  return (
    <div className="flex flex-col gap-2 rounded-md bg-warn-soft px-3 py-2">
      <div className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1">
        <span className="flex items-center gap-2 text-ink">
          <StateMark tone="warn" />
          <span>
            Drill: <b className="font-medium">{fault}</b>
          </span>
        </span>
        {props.name !== undefined && (
          <Button busy={end.busy} onClick={() => end.run()}>
            End drill
          </Button>
        )}
      </div>
      <Progress label="Time left of the drill" percent={Math.min(100, (left / barMs) * 100)} />
      <p className="text-xs text-dim tabular">
        Ends by itself in {formatDuration(Math.ceil(left / 1000) * 1000)}, at <ClockTime at={until} />
      </p>
    </div>
  );
}

function latency(ms: number | undefined): string {
  if (ms === undefined) return "–";
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${formatCount(ms)} ms`;
}

/** Reasons of the store are parts of a sentence. */
function sentence(text: string): string {
  const head = `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
  return /[.!?]$/.test(head) ? head : `${head}.`;
}

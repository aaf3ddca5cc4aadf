import { ChevronRight } from "lucide-react";
import { useId, useState } from "react";
import type { Operation } from "#api/records.ts";
import { api } from "#console/data/api.ts";
import { may } from "#console/data/permissions.ts";
import { useMe } from "#console/data/session.tsx";
import { Button } from "#console/kit/button.tsx";
import { cx } from "#console/kit/class-names.ts";
import { tellError } from "#console/kit/failure.tsx";
import { Progress } from "#console/kit/meter.tsx";
import { State, StateMark } from "#console/kit/state.tsx";
import { Ago, ClockTime, useNow } from "#console/kit/time.tsx";
import { say } from "#console/kit/toast.tsx";
import { formatDuration } from "#console/lib/format.ts";
import { isRunning, operationTones, stepTones } from "#console/lib/operations.ts";

/** One operation: a line, and on demand its steps, its log and its end. */
export function OperationCard(props: { readonly operation: Operation; readonly startOpen: boolean }) {
  const { operation } = props;
  const [open, setOpen] = useState(props.startOpen);
  const body = useId();
  return (
    <article className="px-4 py-3" aria-label={operation.title}>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={body}
        onClick={() => setOpen(!open)}
        className="flex w-full items-start gap-3 text-left max-sm:min-h-10"
      >
        <span className="flex h-5 items-center">
          <StateMark tone={operationTones[operation.state]} />
        </span>
        <span className="min-w-0 grow">
          <span className="block text-ink">{operation.title}</span>
          <span className="block text-xs text-faint tabular">
            {operation.state} · {operation.actor.name} · <Ago at={operation.createdAt} />
            {isRunning(operation) && ` · ${operation.percent} %`}
          </span>
        </span>
        <ChevronRight
          size={15}
          aria-hidden="true"
          className={cx("mt-0.5 shrink-0 text-faint transition-transform", open && "rotate-90")}
        />
      </button>
      {isRunning(operation) && (
        <div className="mt-2.5 pl-5.5">
          <Progress label={operation.title} percent={operation.percent} />
        </div>
      )}
      <div id={body} hidden={!open} className="mt-3 pl-5.5">
        {open && <OperationBody operation={operation} />}
      </div>
    </article>
  );
}

export function OperationBody(props: { readonly operation: Operation }) {
  const { operation } = props;
  return (
    <div className="flex flex-col gap-3">
      {operation.error !== undefined && (
        <div className="rounded-md bg-bad-soft px-3 py-2">
          <p className="text-ink">{operation.error.message}</p>
          <p className="text-dim">{operation.error.remedy}</p>
          <code className="text-xs text-dim">{operation.error.code}</code>
        </div>
      )}
      {operation.steps.length > 0 && (
        <ol className="flex flex-col gap-1">
          {operation.steps.map((step) => (
            <li key={step.name} className="flex items-center justify-between gap-4">
              <State tone={stepTones[step.state]} className={step.state === "waiting" ? "text-faint" : ""}>
                {step.name}
              </State>
              <span className="text-xs text-faint tabular">
                <StepTime step={step} />
              </span>
            </li>
          ))}
        </ol>
      )}
      <OperationResult operation={operation} />
      <OperationLog operation={operation} />
      <CancelButton operation={operation} />
    </div>
  );
}

function StepTime(props: { readonly step: Operation["steps"][number] }) {
  const now = useNow(1000);
  const { state, startedAt, finishedAt } = props.step;
  if (state === "skipped") return "skipped";
  if (startedAt === undefined) return "";
  const end = finishedAt === undefined ? now : Date.parse(finishedAt);
  return formatDuration(end - Date.parse(startedAt));
}

function OperationResult(props: { readonly operation: Operation }) {
  const entries = Object.entries(props.operation.result ?? {}).filter(
    ([, value]) => typeof value !== "object",
  );
  if (entries.length === 0) return null;
  return (
    <dl className="flex flex-wrap gap-x-6 gap-y-1">
      {entries.map(([name, value]) => (
        <div key={name} className="flex gap-2">
          <dt className="text-dim">{name}</dt>
          <dd className="text-ink tabular">{JSON.stringify(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function OperationLog(props: { readonly operation: Operation }) {
  const { log, title } = props.operation;
  if (log.length === 0) return null;
  return (
    // A scrolling region has to be reachable by the keyboard.
    <div
      role="region"
      aria-label={`Log of ${title}`}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      className="max-h-48 overflow-y-auto rounded-md bg-sunken px-3 py-2 text-xs"
    >
      {log.map((line, at) => (
        <p key={at} className="flex gap-3">
          <span className="shrink-0 text-dim">
            <ClockTime at={line.at} />
          </span>
          <span className="min-w-0 text-ink">{line.message}</span>
        </p>
      ))}
    </div>
  );
}

function CancelButton(props: { readonly operation: Operation }) {
  const me = useMe();
  const { operation } = props;
  const [busy, setBusy] = useState(false);
  const mine = operation.actor.name === me.name;
  if (!operation.cancelable || operation.state !== "running") return null;
  if (!mine && !may(me, "operation.cancel", operation.project)) return null;
  async function cancel(): Promise<void> {
    setBusy(true);
    try {
      await api.call(api.routes["operation.cancel"], { params: { operation: operation.id } });
    } catch (error) {
      say("It was not cancelled", { tone: "bad", description: tellError(error).detail });
    } finally {
      setBusy(false);
    }
  }
  return (
    <div>
      <Button busy={busy} onClick={() => void cancel()}>
        Cancel
      </Button>
    </div>
  );
}

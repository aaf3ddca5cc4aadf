import { errorTable, VdcError } from "#api/errors.ts";
import { Button } from "#console/kit/button.tsx";
import { StateMark } from "#console/kit/state.tsx";

/** What went wrong, what to do about it, and what to quote when asking for help. */
export function Failure(props: { readonly error: unknown; readonly onRetry?: () => void }) {
  const told = tellError(props.error);
  return (
    <div
      role="alert"
      className="flex flex-col items-start gap-2 rounded-lg border border-line bg-surface p-4"
    >
      <p className="flex items-center gap-2 font-medium text-ink">
        <StateMark tone="bad" />
        {told.title}
      </p>
      <p className="text-dim">{told.detail}</p>
      {told.remedy !== "" && <p className="text-dim">{told.remedy}</p>}
      <div className="mt-1 flex flex-wrap items-center gap-x-4 gap-y-2">
        {props.onRetry !== undefined && <Button onClick={props.onRetry}>Try again</Button>}
        <ErrorMarks error={props.error} />
      </div>
    </div>
  );
}

/** The same inside a form or dialog: one paragraph. */
export function FailureNote(props: { readonly error: unknown }) {
  if (props.error === null || props.error === undefined) return null;
  const told = tellError(props.error);
  return (
    <div role="alert" className="rounded-md bg-bad-soft px-3 py-2 text-sm text-ink">
      <p>{told.detail}</p>
      {told.remedy !== "" && <p className="mt-1 text-dim">{told.remedy}</p>}
      <p className="mt-1">
        <ErrorMarks error={props.error} />
      </p>
    </div>
  );
}

function ErrorMarks(props: { readonly error: unknown }) {
  if (!(props.error instanceof VdcError)) return null;
  const request = props.error.extra["requestId"];
  return (
    <span className="text-xs text-dim">
      <code>{props.error.code}</code>
      {typeof request === "string" && (
        <>
          {" · request "}
          <code className="select-all">{request}</code>
        </>
      )}
    </span>
  );
}

export function tellError(error: unknown): { title: string; detail: string; remedy: string } {
  if (!(error instanceof VdcError))
    return {
      title: "A fault in the console",
      detail: error instanceof Error ? error.message : "Something unexpected was thrown.",
      remedy: "Reload the page; if it happens again, report it.",
    };
  const row = errorTable[error.code];
  return { title: row.title, detail: error.message, remedy: row.remedy.replaceAll("`", "") };
}

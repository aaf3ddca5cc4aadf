import { diffJson, type FieldChange } from "#api/diff.ts";
import type { JsonObject, Json } from "#lib/json.ts";
import type { Project } from "#console/data/queries.ts";
import { Button } from "#console/kit/button.tsx";
import { Dialog, DialogActions } from "#console/kit/dialog.tsx";
import { FailureNote } from "#console/kit/failure.tsx";

/** Shows what would change, field by field, before it is. */
export function ReviewDialog(props: {
  readonly name: string;
  readonly diff: readonly FieldChange[];
  readonly busy: boolean;
  readonly error: unknown;
  readonly onApply: () => void;
  readonly onClose: () => void;
}) {
  return (
    <Dialog
      open
      wide
      onClose={props.onClose}
      title={`Change ${props.name}?`}
      description="The server has checked this; nothing is changed yet."
    >
      <Diff diff={props.diff} />
      <FailureNote error={props.error} />
      <DialogActions>
        <Button look="quiet" onClick={props.onClose}>
          Back
        </Button>
        <Button look="primary" busy={props.busy} onClick={props.onApply}>
          Apply
        </Button>
      </DialogActions>
    </Dialog>
  );
}

/** A changed field; one that is absent on a side is not given there. */
interface ShownChange {
  readonly path: string;
  readonly before?: Json | undefined;
  readonly after?: Json | undefined;
}

export function Diff(props: { readonly diff: readonly ShownChange[] }) {
  return (
    <ul className="max-h-[50dvh] divide-y divide-line overflow-y-auto rounded-md border border-line">
      {props.diff.map((change) => (
        <li key={change.path} className="flex flex-col gap-1 px-3 py-2">
          <code className="text-xs text-dim">{change.path}</code>
          {change.before !== undefined && (
            <DiffLine sign="−" label="before" value={change.before} className="bg-bad-soft" />
          )}
          {change.after !== undefined && (
            <DiffLine sign="+" label="after" value={change.after} className="bg-good-soft" />
          )}
        </li>
      ))}
    </ul>
  );
}

function DiffLine(props: {
  readonly sign: string;
  readonly label: string;
  readonly value: Json;
  readonly className: string;
}) {
  return (
    <p className={`flex gap-2 rounded-sm px-2 py-0.5 text-ink ${props.className}`}>
      <span aria-hidden="true">{props.sign}</span>
      <span className="sr-only">{props.label}</span>
      <span className="min-w-0 break-words whitespace-pre-wrap">{valueText(props.value)}</span>
    </p>
  );
}

function valueText(value: Json): string {
  if (value === "") return "(empty)";
  return typeof value === "string" ? value : JSON.stringify(value);
}

type Wish = { readonly labels: Readonly<Record<string, string>>; readonly spec: object };

/** Somebody else was faster: both versions of what differs, and a choice. */
export function ConflictDialog(props: {
  readonly base: Project;
  readonly mine: Wish;
  readonly theirs: Project;
  readonly busy: boolean;
  readonly error: unknown;
  readonly onKeepMine: () => void;
  readonly onTakeTheirs: () => void;
  readonly onClose: () => void;
}) {
  const rows = diffJson(wish(props.theirs), wish(props.mine));
  return (
    <Dialog
      open
      wide
      onClose={props.onClose}
      title="It was changed meanwhile"
      description={`Somebody changed ${props.base.name} after you began. Members stay as they are now; choose for the rest.`}
    >
      <div className="max-h-[50dvh] overflow-y-auto rounded-md border border-line">
        {rows.length === 0 && <p className="p-3 text-dim">Both versions ask for the same.</p>}
        {rows.map((row) => (
          <div
            key={row.path}
            className="grid gap-x-4 gap-y-1 border-b border-line px-3 py-2 last:border-0 sm:grid-cols-2"
          >
            <code className="text-xs text-dim sm:col-span-2">{row.path}</code>
            <Version label="Theirs" value={row.before} />
            <Version label="Yours" value={row.after} />
          </div>
        ))}
      </div>
      <FailureNote error={props.error} />
      <DialogActions>
        <Button look="quiet" onClick={props.onClose}>
          Go on editing
        </Button>
        <Button onClick={props.onTakeTheirs}>Take theirs</Button>
        <Button look="primary" busy={props.busy} onClick={props.onKeepMine}>
          Apply yours
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function Version(props: { readonly label: string; readonly value: Json | undefined }) {
  return (
    <div className="min-w-0">
      <p className="text-xs text-faint">{props.label}</p>
      <p className="break-words whitespace-pre-wrap text-ink">
        {props.value === undefined ? "(not set)" : valueText(props.value)}
      </p>
    </div>
  );
}

/** What people write, without the members: they are edited on their own tab. */
function wish(from: Wish): JsonObject {
  const { members: _, ...spec } = from.spec as { members?: Json } & JsonObject; // a project's spec is plain JSON
  return { labels: from.labels, spec };
}

import { X } from "lucide-react";
import type { InBucket } from "#console/data/object-queries.ts";
import {
  clearUploads,
  isActive,
  retryUploads,
  stopUpload,
  uploads,
  type Upload,
} from "#console/data/object-uploads.ts";
import { Button, IconButton } from "#console/kit/button.tsx";
import { tellError } from "#console/kit/failure.tsx";
import { Progress } from "#console/kit/meter.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { State, type Tone } from "#console/kit/state.tsx";
import { countOf, formatBytes, formatCount } from "#console/lib/format.ts";
import { useStore } from "#console/lib/store.ts";

/** Rows at once; the others are counted. */
const shownUploads = 8;

/** What is on its way into this bucket, what was refused, and what can be done about it. */
export function UploadsPanel(props: { readonly at: InBucket }) {
  const { at } = props;
  const own = useStore(uploads).filter(
    ({ bucket }) => bucket.project === at.project && bucket.name === at.name,
  );
  if (own.length === 0) return null;
  const active = own.filter(isActive);
  const done = own.filter(({ state }) => state === "done");
  const failed = own.filter(({ state }) => state === "failed" || state === "stopped");
  const existing = own.filter(({ state }) => state === "exists");
  // What needs somebody is never hidden behind what is done.
  const rows = [...active.toSorted(sendingFirst), ...existing, ...failed, ...done].slice(0, shownUploads);
  const ids = (some: readonly Upload[]) => some.map(({ id }) => id);
  return (
    <Panel
      title="Uploads"
      note={
        <span role="status">
          {active.length === 0
            ? `${countOf(done.length, "file")} sent`
            : `${formatCount(active.length)} to go`}
        </span>
      }
      actions={
        <>
          {existing.length > 0 && (
            <Button
              onClick={() => retryUploads(ids(existing), true)}
            >{`Replace ${formatCount(existing.length)}`}</Button>
          )}
          {failed.length > 0 && <Button onClick={() => retryUploads(ids(failed))}>Try again</Button>}
          {active.length > 1 && <Button onClick={() => ids(active).forEach(stopUpload)}>Cancel all</Button>}
          {active.length < own.length && (
            <Button look="quiet" onClick={() => clearUploads(ids(own))}>
              Clear the list
            </Button>
          )}
        </>
      }
    >
      <ul className="flex flex-col gap-3" aria-label="Files">
        {rows.map((upload) => (
          <UploadRow key={upload.id} upload={upload} />
        ))}
      </ul>
      {own.length > rows.length && (
        <p className="mt-3 text-xs text-faint">{`and ${countOf(own.length - rows.length, "more file")}`}</p>
      )}
    </Panel>
  );
}

const states: Readonly<Record<Upload["state"], { readonly tone: Tone; readonly text: string }>> = {
  waiting: { tone: "rest", text: "waiting" },
  sending: { tone: "busy", text: "sending" },
  done: { tone: "good", text: "sent" },
  exists: { tone: "warn", text: "is there already" },
  failed: { tone: "bad", text: "failed" },
  stopped: { tone: "rest", text: "cancelled" },
};

function UploadRow(props: { readonly upload: Upload }) {
  const { upload } = props;
  const { tone, text } = states[upload.state];
  const percent = upload.size === 0 ? 0 : Math.min(100, Math.round((upload.sent / upload.size) * 100));
  return (
    <li className="flex min-w-0 flex-col gap-1">
      <div className="flex min-w-0 items-center gap-3">
        <span className="min-w-0 grow truncate" title={upload.key}>
          {upload.key}
        </span>
        <span className="text-xs whitespace-nowrap text-faint tabular">
          {upload.state === "sending"
            ? `${formatBytes(upload.sent)} of ${formatBytes(upload.size)}`
            : formatBytes(upload.size)}
        </span>
        <State tone={tone} className="text-xs text-dim">
          {text}
        </State>
        {isActive(upload) && (
          <IconButton label={`Cancel ${upload.key}`} onClick={() => stopUpload(upload.id)} className="-my-2">
            <X size={14} aria-hidden="true" />
          </IconButton>
        )}
      </div>
      {upload.state === "sending" && <Progress label={`Upload of ${upload.key}`} percent={percent} />}
      {upload.state === "failed" && <p className="text-xs text-dim">{tellError(upload.error).detail}</p>}
    </li>
  );
}

function sendingFirst(a: Upload, b: Upload): number {
  return Number(a.state !== "sending") - Number(b.state !== "sending") || a.id - b.id;
}

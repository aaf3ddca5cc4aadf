import { Pause, Play } from "lucide-react";
import { useState } from "react";
import type { LiveRequest } from "#api/apps.ts";
import { useInstances } from "#console/data/app-queries.ts";
import { maxLiveRequests, useLiveRequests } from "#console/data/traffic-stream.ts";
import { Button } from "#console/kit/button.tsx";
import { DataTable, type Column } from "#console/kit/data-table.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { SelectField, TextField } from "#console/kit/field.tsx";
import { Empty } from "#console/kit/page.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { Tag, type Tone } from "#console/kit/state.tsx";
import { ClockTime } from "#console/kit/time.tsx";
import { countOf } from "#console/lib/format.ts";
import { fitsFilter, formatMs, type RequestFilter, type StatusClass } from "#console/lib/traffic-words.ts";
import { StreamNote, lastingError } from "#console/pages/app-live/stream-note.tsx";

const choices: readonly { readonly value: StatusClass; readonly label: string }[] = [
  { value: "all", label: "Every status" },
  { value: "failed", label: "Failed" },
  { value: "2xx", label: "2xx" },
  { value: "3xx", label: "3xx" },
  { value: "4xx", label: "4xx" },
  { value: "5xx", label: "5xx" },
];
const rowsShown = 50;

/** Requests as they end. Paused, the table stands still and what comes is counted. */
export function LiveRequests(props: { readonly project: string; readonly app: string }) {
  const live = useLiveRequests(props.project, props.app);
  const [frozen, setFrozen] = useState<typeof live>();
  const [filter, setFilter] = useState<RequestFilter>({ status: "all", path: "" });
  const { items } = useInstances(props.project);
  const lasting = lastingError(live.state);
  if (lasting !== undefined) return <Failure error={lasting} />;
  const shown = frozen ?? live;
  const rows = shown.requests.filter((request) => fitsFilter(request, filter));
  const waiting = frozen === undefined ? 0 : live.seen - frozen.seen;
  const names = new Map(items?.map((instance) => [instance.id, instance.name]));
  return (
    <Panel
      title="Requests as they end"
      note={<StreamNote state={live.state} paused={frozen !== undefined} />}
      flush
      actions={
        <>
          <SelectField
            label="Status"
            hideLabel
            value={filter.status}
            onChange={({ target }) =>
              setFilter({
                ...filter,
                status: choices.find(({ value }) => value === target.value)?.value ?? "all",
              })
            }
          >
            {choices.map((choice) => (
              <option key={choice.value} value={choice.value}>
                {choice.label}
              </option>
            ))}
          </SelectField>
          <TextField
            label="Path contains"
            hideLabel
            type="search"
            placeholder="Path contains"
            value={filter.path}
            onChange={({ target }) => setFilter({ ...filter, path: target.value })}
          />
          <Button onClick={() => setFrozen(frozen === undefined ? live : undefined)}>
            {frozen === undefined ? <Pause size={14} aria-hidden /> : <Play size={14} aria-hidden />}
            {frozen === undefined ? "Pause" : waiting === 0 ? "Go on" : `Go on, ${waiting} new`}
          </Button>
        </>
      }
    >
      <DataTable
        label="Requests"
        columns={columnsWith(names)}
        rows={rows}
        rowKey={(request) => request.id}
        rowsAtOnce={rowsShown}
        empty={
          shown.requests.length === 0 ? (
            <Empty title="No request has ended yet">
              They appear here as they end. <code>vdc demo traffic {props.app}</code> makes some.
            </Empty>
          ) : (
            <Empty title="No request fits">
              None of the last {countOf(shown.requests.length, "request")} does; {maxLiveRequests} are kept.
            </Empty>
          )
        }
      />
    </Panel>
  );
}

function columnsWith(names: ReadonlyMap<string, string>): readonly Column<LiveRequest>[] {
  return [
    {
      header: "Request",
      cell: (request) => (
        <code className="line-clamp-2 break-all" title={`${request.host}${request.path}`}>
          <span className="text-dim">{request.method}</span> {request.path}
        </code>
      ),
    },
    { header: "Status", cell: (request) => <Status request={request} /> },
    { header: "Took", align: "end", cell: (request) => formatMs(request.totalMs) },
    {
      header: "Waited",
      align: "end",
      cell: (request) =>
        request.heldMs === 0 ? (
          <span className="text-faint">–</span>
        ) : (
          <span className="text-warn">{formatMs(request.heldMs)}</span>
        ),
    },
    {
      header: "Instance",
      optional: true,
      className: "text-dim",
      cell: ({ instance }) => (instance === undefined ? "–" : (names.get(instance) ?? instance)),
    },
    {
      header: "Ended",
      align: "end",
      className: "text-dim",
      cell: (request) => <ClockTime at={request.at} />,
    },
  ];
}

function Status(props: { readonly request: LiveRequest }) {
  const { status, ended } = props.request;
  const tone: Tone = status >= 500 || status === 0 ? "bad" : status >= 400 ? "warn" : "rest";
  return (
    <span className="inline-flex flex-wrap items-center gap-2 tabular">
      <Tag tone={tone}>{status === 0 ? "no answer" : status}</Tag>
      {ended !== undefined && <span className="text-xs text-dim">{ended}</span>}
    </span>
  );
}

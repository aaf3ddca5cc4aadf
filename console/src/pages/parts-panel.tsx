import { RotateCw } from "lucide-react";
import type { UseQueryResult } from "@tanstack/react-query";
import { useState } from "react";
import type { Part, System } from "#api/system.ts";
import { api } from "#console/data/api.ts";
import { Button, IconButton } from "#console/kit/button.tsx";
import { DataTable, type Column } from "#console/kit/data-table.tsx";
import { Dialog, DialogActions } from "#console/kit/dialog.tsx";
import { Failure, FailureNote } from "#console/kit/failure.tsx";
import { Empty } from "#console/kit/page.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { State, type Tone } from "#console/kit/state.tsx";
import { Ago } from "#console/kit/time.tsx";
import { say } from "#console/kit/toast.tsx";
import { formatBytes } from "#console/lib/format.ts";
import { useAction } from "#console/lib/use-action.ts";

const tones = {
  starting: "busy",
  ready: "good",
  restarting: "warn",
  failed: "bad",
  stopped: "rest",
} as const satisfies Record<Part["state"], Tone>;

/** The processes that make up the data center, as the supervisor sees them. */
export function PartsPanel(props: { readonly system: UseQueryResult<System> }) {
  const { system } = props;
  const [asked, setAsked] = useState<Part>();
  return (
    <Panel title="Parts" flush {...(system.data === undefined ? {} : { note: `VDC ${system.data.version}` })}>
      {system.data === undefined ? (
        system.error === null ? (
          <SkeletonRows rows={3} />
        ) : (
          <div className="p-4">
            <Failure error={system.error} onRetry={() => void system.refetch()} />
          </div>
        )
      ) : (
        <DataTable
          label="Parts"
          columns={columns(setAsked)}
          rows={system.data.parts}
          rowKey={(part) => part.name}
          empty={<Empty title="No part is known">Control runs without a supervisor.</Empty>}
        />
      )}
      {asked !== undefined && <RestartDialog part={asked} onClose={() => setAsked(undefined)} />}
    </Panel>
  );
}

function columns(ask: (part: Part) => void): readonly Column<Part>[] {
  return [
    { header: "Part", cell: (part) => <span className="font-medium text-ink">{part.name}</span> },
    {
      header: "State",
      cell: (part) => (
        <span title={part.note}>
          <State tone={tones[part.state]}>{part.state}</State>
        </span>
      ),
    },
    { header: "Since", cell: (part) => <Ago at={part.since} /> },
    {
      header: "Memory",
      align: "end",
      cell: (part) =>
        part.residentBytes === undefined ? (
          <span className="text-faint">–</span>
        ) : (
          formatBytes(part.residentBytes)
        ),
    },
    { header: "Restarts", align: "end", cell: (part) => part.restarts },
    {
      header: "Restart",
      align: "end",
      quietHeader: true,
      className: "w-px",
      cell: (part) => (
        <IconButton label={`Restart ${part.name}`} onClick={() => ask(part)} className="-my-2">
          <RotateCw size={14} aria-hidden="true" />
        </IconButton>
      ),
    },
  ];
}

function RestartDialog(props: { readonly part: Part; readonly onClose: () => void }) {
  const restart = useAction(async () => {
    await api.call(api.routes["system.restart-part"], { params: { part: props.part.name } });
    say(`${props.part.name} restarts`, { tone: "busy" });
    props.onClose();
  });
  return (
    <Dialog
      open
      onClose={props.onClose}
      title={`Restart ${props.part.name}?`}
      description="Requests wait for a moment and nothing that runs is stopped. This page reconnects by itself."
    >
      <FailureNote error={restart.error} />
      <DialogActions>
        <Button look="quiet" onClick={props.onClose}>
          Not now
        </Button>
        <Button look="primary" busy={restart.busy} onClick={() => restart.run()}>
          Restart
        </Button>
      </DialogActions>
    </Dialog>
  );
}

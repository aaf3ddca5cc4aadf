import { Wrench } from "lucide-react";
import { useState } from "react";
import type { StoreStatusView } from "#api/objects.ts";
import { useOperations } from "#console/data/queries.ts";
import { startWork, type StoreWork } from "#console/data/store-queries.ts";
import { ConfirmByName } from "#console/forms/confirm-by-name.tsx";
import { Button } from "#console/kit/button.tsx";
import { tellError } from "#console/kit/failure.tsx";
import { Menu, MenuItem, MenuLine } from "#console/kit/menu.tsx";
import { Progress } from "#console/kit/meter.tsx";
import { Empty } from "#console/kit/page.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { StateMark, type Tone } from "#console/kit/state.tsx";
import { Ago } from "#console/kit/time.tsx";
import { say } from "#console/kit/toast.tsx";
import { formatBytes, formatCount } from "#console/lib/format.ts";
import { isRunning } from "#console/lib/operations.ts";
import { useAction } from "#console/lib/use-action.ts";
import { OperationCard } from "#console/shell/operation-card.tsx";

const usual: readonly (readonly [StoreWork, string])[] = [
  ["repair", "Repair what has lost a shard"],
  ["scrub", "Read everything and check it"],
  ["rebalance", "Spread data evenly"],
  ["collect-garbage", "Collect garbage"],
  ["clean-journal", "Win space in the journal"],
];

const rebuilds: readonly (readonly [StoreWork, string])[] = [
  ["rebuild-index", "Make the index anew…"],
  ["scan-rebuild", "Make metadata anew from the drives…"],
];

/** Starts work of the store that it otherwise does at times of its own. */
export function WorkMenu() {
  const [asked, setAsked] = useState<StoreWork>();
  const start = useAction(async (work: StoreWork) => {
    const { title } = await startWork(work);
    say(`Begun: ${title}`);
    setAsked(undefined);
  });
  const begin = (work: StoreWork) => {
    void startWork(work).then(
      ({ title }) => say(`Begun: ${title}`),
      (error: unknown) => say("It was not begun", { tone: "bad", description: tellError(error).detail }),
    );
  };
  return (
    <>
      <Menu
        trigger={
          <Button>
            <Wrench size={15} aria-hidden="true" />
            Start work
          </Button>
        }
      >
        {usual.map(([work, label]) => (
          <MenuItem key={work} onClick={() => begin(work)}>
            {label}
          </MenuItem>
        ))}
        <MenuLine />
        {rebuilds.map(([work, label]) => (
          <MenuItem key={work} danger onClick={() => setAsked(work)}>
            {label}
          </MenuItem>
        ))}
      </Menu>
      {asked !== undefined && (
        <ConfirmByName
          name={asked}
          title={asked === "rebuild-index" ? "Make the index anew?" : "Make metadata anew from the drives?"}
          description={
            asked === "rebuild-index"
              ? "It is read again from the journal. Requests wait meanwhile; nothing is lost."
              : "For when the journal is lost: names, versions and tags come from what lies on the drives alone. Requests wait meanwhile."
          }
          confirmLabel="Make anew"
          cancelLabel="Cancel"
          error={start.error}
          busy={start.busy}
          onConfirm={() => start.run(asked)}
          onClose={() => setAsked(undefined)}
        />
      )}
    </>
  );
}

type Work = NonNullable<StoreStatusView["work"]>[number];

const tones: Readonly<Record<string, Tone>> = {
  running: "busy",
  done: "good",
  failed: "bad",
  cancelled: "rest",
};
const shown = 8;

/** What the store works on, begun here or by itself, and what has lately ended. */
export function WorkPanel(props: { readonly work: readonly Work[] }) {
  const operations = useOperations();
  const begun = (operations.data?.items ?? []).filter(
    (one) => one.type.startsWith("object-store.") && isRunning(one),
  );
  const followed = new Set(begun.map(({ type }) => type.slice("object-store.".length)));
  const others = props.work
    .filter(({ work, state }) => state !== "running" || !followed.has(work))
    .toSorted((a, b) => b.startedAt.localeCompare(a.startedAt))
    .slice(0, shown);
  return (
    <Panel title="Work" note="repair, scrub, moving" flush>
      {begun.length + others.length === 0 ? (
        <Empty title="Nothing is to be done">Repair and checks begin by themselves when they are due.</Empty>
      ) : (
        <ul className="divide-y divide-line">
          {begun.map((operation) => (
            <li key={operation.id}>
              <OperationCard operation={operation} startOpen={false} />
            </li>
          ))}
          {others.map((work) => (
            <li key={work.id} className="px-4 py-3">
              <WorkLine work={work} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

const names: Readonly<Record<string, string>> = {
  repair: "Repair",
  scrub: "Check everything",
  rebalance: "Spread data evenly",
  drain: "Empty a drive",
  "collect-garbage": "Collect garbage",
  "clean-journal": "Clean the journal",
  "rebuild-index": "Make the index anew",
  "scan-rebuild": "Make metadata anew from the drives",
};

function WorkLine(props: { readonly work: Work }) {
  const { work } = props;
  const percent =
    work.totalBytes > 0
      ? (work.doneBytes / work.totalBytes) * 100
      : work.totalItems > 0
        ? (work.doneItems / work.totalItems) * 100
        : 0;
  const name = names[work.work] ?? work.work;
  return (
    <div className="flex items-start gap-3">
      <span className="flex h-5 items-center">
        <StateMark tone={tones[work.state] ?? "rest"} />
      </span>
      <div className="flex min-w-0 grow flex-col gap-1.5">
        <div>
          <p className="text-ink">
            {name}
            {work.drive !== undefined && <span className="text-dim">{` · drive number ${work.drive}`}</span>}
          </p>
          <p className="text-xs text-faint tabular">
            {work.state} · <Ago at={work.startedAt} /> · {formatCount(work.doneItems)} of{" "}
            {formatCount(work.totalItems)}, {formatBytes(work.doneBytes)}
          </p>
        </div>
        {work.message !== undefined && <p className="text-dim">{work.message}</p>}
        {work.state === "running" && <Progress label={name} percent={Math.min(100, percent)} />}
      </div>
    </div>
  );
}

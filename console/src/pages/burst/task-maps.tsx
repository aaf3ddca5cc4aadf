import { useMemo, useState } from "react";
import type { Job } from "#api/burst.ts";
import type { JobFacts } from "#console/data/burst-streams.ts";
import { shownTheme } from "#console/data/theme.ts";
import { cx } from "#console/kit/class-names.ts";
import { Failure } from "#console/kit/failure.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { stateColours, stateWords, workerColour } from "#console/lib/burst-colours.ts";
import { byStage } from "#console/lib/burst-map.ts";
import type { ColourBy } from "#console/lib/burst-paint.ts";
import { taskStateNames, type TaskStateName, type TaskStates } from "#console/lib/burst-tasks.ts";
import { hasEnded } from "#console/lib/burst-view.ts";
import { formatCount } from "#console/lib/format.ts";
import { useStore } from "#console/lib/store.ts";
import { StageMap } from "#console/pages/burst/stage-map.tsx";

/** Every task of a job, stage by stage: as the picture that they make, or as a grid. */
export function TaskMaps(props: {
  readonly facts: JobFacts;
  readonly states: TaskStates;
  readonly job: Job;
}) {
  const { facts, states, job } = props;
  const [by, setBy] = useState<ColourBy>("state");
  const stages = useMemo(() => [...byStage(facts.tasks)], [facts.tasks]);
  const isUnknown = hasEnded(job) && !states.known;
  return (
    <Panel
      title="Task map"
      note={facts.isComplete ? formatCount(facts.tasks.length) : `${formatCount(facts.tasks.length)} so far`}
      actions={!isUnknown && <ColourChoice value={by} onChoose={setBy} />}
    >
      {facts.error !== undefined && facts.tasks.length === 0 ? (
        <Failure error={facts.error} />
      ) : facts.tasks.length === 0 && !facts.isComplete ? (
        <SkeletonRows rows={3} />
      ) : (
        <div className="flex flex-col gap-5">
          {isUnknown && (
            <p className="text-dim">
              Who ran which task is known only while a job runs; here are its tasks as they ended.
            </p>
          )}
          <Legend by={isUnknown ? "state" : by} states={states} />
          {stages.map(([stage, tasks]) => (
            <StageMap key={stage} stage={stage} tasks={tasks} states={states} by={by} />
          ))}
        </div>
      )}
    </Panel>
  );
}

const choices: readonly (readonly [ColourBy, string])[] = [
  ["state", "By state"],
  ["worker", "By worker"],
];

function ColourChoice(props: { readonly value: ColourBy; readonly onChoose: (by: ColourBy) => void }) {
  return (
    <div
      role="group"
      aria-label="Colours"
      className="inline-flex rounded-md border border-line bg-raised p-0.5"
    >
      {choices.map(([by, label]) => (
        <button
          key={by}
          type="button"
          aria-pressed={props.value === by}
          onClick={() => props.onChoose(by)}
          className={cx(
            "min-h-7 rounded-sm px-2.5 text-xs transition-colors coarse:min-h-10",
            props.value === by ? "bg-accent-soft font-medium text-ink" : "text-dim hover:text-ink",
          )}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

/** Workers in the legend; more are counted. */
const workersShown = 12;

function Legend(props: { readonly by: ColourBy; readonly states: TaskStates }) {
  const theme = useStore(shownTheme);
  const { workers } = props.states;
  const stateItem = (name: TaskStateName) => ({
    text: stateWords[name],
    colour: `var(${stateColours[name]})`,
  });
  const shown = workers.slice(0, workersShown);
  const items =
    props.by === "state"
      ? taskStateNames.map(stateItem)
      : [
          ...shown.map((name, at) => ({ text: name, colour: workerColour(at, theme) })),
          ...(["waiting", "ready", "failed"] as const).map(stateItem),
        ];
  const rest = props.by === "worker" ? workers.length - shown.length : 0;
  return (
    <ul aria-label="Colours mean" className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-dim">
      {items.map(({ text, colour }) => (
        <li key={text} className="inline-flex items-center gap-1.5">
          <span
            aria-hidden="true"
            className="size-2.5 rounded-[3px] border border-line"
            style={{ backgroundColor: colour }}
          />
          {text}
        </li>
      ))}
      {rest > 0 && <li>and {formatCount(rest)} more</li>}
    </ul>
  );
}

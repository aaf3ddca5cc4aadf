import type { Job } from "#api/burst.ts";
import { formatCount } from "#console/lib/format.ts";

/** A job's progress in one line: a part for each stage, as wide as its work, filled as far as it is done. */
export function StageBar({ job }: { readonly job: Pick<Job, "title" | "tasks" | "done" | "stages"> }) {
  const whole = job.stages.reduce((sum, stage) => sum + weight(stage), 0);
  return (
    <div
      role="progressbar"
      aria-label={`Progress of ${job.title}`}
      aria-valuemin={0}
      aria-valuemax={job.tasks}
      aria-valuenow={job.done}
      aria-valuetext={`${formatCount(job.done)} of ${formatCount(job.tasks)} tasks`}
      className="flex h-2 min-w-24 gap-0.5 overflow-hidden rounded-full"
    >
      {job.stages.map((stage) => (
        <span
          key={stage.name}
          title={`${stage.name}: ${formatCount(stage.done)} of ${formatCount(stage.tasks)}`}
          className="relative min-w-1 overflow-hidden bg-sunken"
          style={{ flex: `${whole === 0 ? 1 : weight(stage)} 1 0` }}
        >
          <span
            className="meter-fill absolute inset-y-0 left-0 bg-[var(--chart-2)]"
            style={{ width: percent(stage.done + stage.running, stage.tasks) }}
          />
          <span
            className="meter-fill absolute inset-y-0 left-0 bg-accent"
            style={{ width: percent(stage.done, stage.tasks) }}
          />
        </span>
      ))}
    </div>
  );
}

type Stage = Job["stages"][number];

/** Stages that cost nothing are seen too. */
function weight(stage: Stage): number {
  return Math.max(stage.cost, 1);
}

function percent(part: number, whole: number): string {
  return `${whole === 0 ? 100 : Math.min(100, (part / whole) * 100)}%`;
}

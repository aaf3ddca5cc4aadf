import { Link } from "react-router";
import type { Me } from "#api/accounts.ts";
import type { Job } from "#api/burst.ts";
import { useJobs } from "#console/data/burst-queries.ts";
import { may } from "#console/data/permissions.ts";
import { useMe } from "#console/data/session.tsx";
import { Button, ButtonLink } from "#console/kit/button.tsx";
import { DataTable, type Column } from "#console/kit/data-table.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { Empty, Page } from "#console/kit/page.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { State, Tag } from "#console/kit/state.tsx";
import { Ago } from "#console/kit/time.tsx";
import { formatSeconds } from "#console/lib/burst-text.ts";
import { hasEnded, jobPercent, jobState } from "#console/lib/burst-view.ts";
import { formatCount, formatDuration, formatPercent } from "#console/lib/format.ts";
import { ProjectSelect, useProjectChoice } from "#console/pages/apps/project-choice.tsx";
import { BurstTabs } from "#console/pages/burst/burst-tabs.tsx";
import { JobActions } from "#console/pages/burst/job-actions.tsx";
import { Money } from "#console/pages/burst/money.tsx";
import { StageBar } from "#console/pages/burst/stage-bar.tsx";

/** Everything that somebody ordered, newest first. */
export function Jobs() {
  const me = useMe();
  const { names, chosen, choose } = useProjectChoice();
  const jobs = useJobs(chosen);
  return (
    <Page title="Burst" subtitle="What was ordered, how far it is, and what it costs.">
      <BurstTabs />
      <Panel
        title="Jobs"
        flush
        actions={
          <div className="w-48 max-sm:w-full">
            <ProjectSelect names={names ?? []} value={chosen} all hideLabel onChange={choose} />
          </div>
        }
      >
        {jobs.items === undefined ? (
          jobs.error === null ? (
            <SkeletonRows />
          ) : (
            <div className="p-4">
              <Failure error={jobs.error} onRetry={() => void jobs.refetch()} />
            </div>
          )
        ) : (
          <DataTable
            label="Jobs"
            columns={columns(me)}
            rows={jobs.items}
            rowKey={({ id }) => id}
            empty={
              <Empty title="No job was ordered yet" actions={<ButtonLink to="/apps">Apps</ButtonLink>}>
                Apps order jobs when their work needs more cores than they have; vdc job does it from the
                command line.
              </Empty>
            }
          />
        )}
        {jobs.hasNextPage && (
          <div className="flex justify-center border-t border-line p-3">
            <Button busy={jobs.isFetchingNextPage} onClick={() => void jobs.fetchNextPage()}>
              Older jobs
            </Button>
          </div>
        )}
      </Panel>
    </Page>
  );
}

function columns(me: Me): readonly Column<Job>[] {
  return [
    {
      header: "Job",
      className: "min-w-44",
      cell: (job) => (
        <span className="block min-w-0">
          <Link to={`/burst/jobs/${job.project}/${job.id}`} className="link font-medium">
            {job.title}
          </Link>
          <span className="flex flex-wrap items-center gap-x-2 text-xs text-dim max-sm:justify-end">
            {job.project}
            {job.app !== undefined && ` · ${job.app}`}
            <ModeTag mode={job.mode} />
          </span>
        </span>
      ),
    },
    { header: "State", cell: (job) => <JobStateCell job={job} /> },
    {
      header: "Progress",
      className: "w-48",
      cell: (job) => (
        <span className="flex min-w-0 flex-col gap-1 max-sm:w-40">
          <StageBar job={job} />
          <span className="text-xs text-faint tabular">
            {formatCount(job.done)} of {formatCount(job.tasks)} · {formatPercent(jobPercent(job))}
          </span>
        </span>
      ),
    },
    {
      header: "Cost",
      align: "end",
      cell: (job) =>
        job.mode === "included" ? (
          <span className="text-dim">within the plan</span>
        ) : (
          <span className="block text-end">
            <Money amount={job.charged} currency={job.currency} />
            <span className="block text-xs text-faint">
              of <Money amount={job.bound} currency={job.currency} />
            </span>
          </span>
        ),
    },
    {
      header: "Remaining",
      align: "end",
      optional: true,
      className: "text-dim",
      cell: (job) => <Remaining job={job} />,
    },
    {
      header: "Ordered",
      align: "end",
      optional: true,
      className: "text-dim",
      cell: ({ createdAt }) => <Ago at={createdAt} />,
    },
    {
      header: "Actions",
      quietHeader: true,
      align: "end",
      className: "w-px",
      cell: (job) => may(me, "job.change", job.project) && <JobActions job={job} short />,
    },
  ];
}

function JobStateCell({ job }: { readonly job: Job }) {
  const state = jobState(job.state);
  return (
    <span className="block min-w-0">
      <State tone={state.tone}>{state.text}</State>
      {job.reason !== undefined && (
        <span className="line-clamp-2 max-w-64 text-xs text-dim max-sm:ml-auto">{job.reason}</span>
      )}
    </span>
  );
}

export function ModeTag({ mode }: { readonly mode: Job["mode"] }) {
  return mode === "burst" ? (
    <Tag tone="busy" title="By an accepted offer">
      burst
    </Tag>
  ) : (
    <Tag title="Within the plan: free">included</Tag>
  );
}

/** How much longer it takes, or took. */
export function Remaining({ job }: { readonly job: Job }) {
  if (hasEnded(job))
    return job.finishedAt === undefined
      ? "–"
      : `took ${formatDuration(Date.parse(job.finishedAt) - Date.parse(job.createdAt))}`;
  return job.remainingSeconds === undefined ? "–" : `about ${formatSeconds(job.remainingSeconds)}`;
}

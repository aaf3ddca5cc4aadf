import { useParams } from "react-router";
import type { Job } from "#api/burst.ts";
import type { InProject } from "#console/data/burst-queries.ts";
import { useJobFacts, useLiveJob } from "#console/data/burst-streams.ts";
import { may } from "#console/data/permissions.ts";
import { useMe } from "#console/data/session.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { Page } from "#console/kit/page.tsx";
import { Facts, Panel } from "#console/kit/panel.tsx";
import { SkeletonPage } from "#console/kit/skeleton.tsx";
import { State, StateMark } from "#console/kit/state.tsx";
import { Ago, FullTime } from "#console/kit/time.tsx";
import { jobPercent, jobState } from "#console/lib/burst-view.ts";
import { formatCount, formatPercent } from "#console/lib/format.ts";
import { JobActions } from "#console/pages/burst/job-actions.tsx";
import { JobMoney } from "#console/pages/burst/job-money.tsx";
import { JobResults } from "#console/pages/burst/job-results.tsx";
import { ModeTag, Remaining } from "#console/pages/burst/jobs.tsx";
import { StageBar } from "#console/pages/burst/stage-bar.tsx";
import { StagesTable } from "#console/pages/burst/stages-table.tsx";
import { TaskMaps } from "#console/pages/burst/task-maps.tsx";
import { TaskTimeline } from "#console/pages/burst/task-timeline.tsx";

const up = { to: "/burst/jobs", label: "Jobs" };

/** One job while it goes on: who does what where, when, and for how much. */
export function JobPage() {
  const { project = "", job = "" } = useParams();
  // Another job is another page: nothing of the one before is to be seen.
  return <FollowedJob key={`${project}/${job}`} of={{ project, job }} />;
}

function FollowedJob({ of }: { readonly of: InProject }) {
  const { job, states, state } = useLiveJob(of);
  const facts = useJobFacts(of);
  const mayChange = may(useMe(), "job.change", of.project);
  if (job === undefined)
    return state.phase === "waiting" ? (
      <Page title="Job" up={up}>
        <Failure error={state.error} />
      </Page>
    ) : (
      <SkeletonPage />
    );
  const words = jobState(job.state);
  return (
    <Page
      title={job.title}
      up={up}
      aside={
        <>
          <State tone={words.tone}>{words.text}</State>
          <ModeTag mode={job.mode} />
          {state.phase === "waiting" && <State tone="warn">Reconnecting</State>}
        </>
      }
      actions={mayChange && <JobActions job={job} />}
    >
      {job.reason !== undefined && <Reason job={job} reason={job.reason} />}
      <Head job={job} />
      <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,5fr)_minmax(0,3fr)]">
        <div className="flex min-w-0 flex-col gap-6">
          <TaskMaps facts={facts} states={states} job={job} />
          <TaskTimeline states={states} job={job} />
          <StagesTable job={job} />
        </div>
        <div className="flex min-w-0 flex-col gap-6">
          <JobMoney job={job} mayChange={mayChange} />
          {job.results.length > 0 && <JobResults job={job} mayRead={mayChange} />}
          <About job={job} />
        </div>
      </div>
    </Page>
  );
}

/** Why it failed or waits, in the words of whoever knows: of a poison task, its kernel's. */
function Reason(props: { readonly job: Job; readonly reason: string }) {
  const isBad = props.job.state === "failed";
  return (
    <section
      aria-label={isBad ? "Why it failed" : "Why it waits"}
      className={`flex items-start gap-3 rounded-lg px-4 py-3 text-ink ${isBad ? "bg-bad-soft" : "bg-warn-soft"}`}
    >
      <span className="flex h-5 items-center">
        <StateMark tone={isBad ? "bad" : "warn"} />
      </span>
      <p className="min-w-0 break-words whitespace-pre-wrap">{props.reason}</p>
    </section>
  );
}

function Head({ job }: { readonly job: Job }) {
  return (
    <section
      aria-label="Progress"
      className="flex flex-col gap-3 rounded-lg border border-line bg-surface p-4"
    >
      <p className="flex flex-wrap items-baseline gap-x-4 gap-y-1">
        <span className="text-2xl font-semibold tracking-tight text-ink tabular">
          {formatPercent(jobPercent(job))}
        </span>
        <span className="text-dim tabular">
          {formatCount(job.done)} of {formatCount(job.tasks)} tasks
          {job.remembered > 0 && `, ${formatCount(job.remembered)} of them remembered`}
        </span>
        <span className="ml-auto text-dim tabular">
          <Remaining job={job} />
        </span>
      </p>
      <StageBar job={job} />
    </section>
  );
}

function About({ job }: { readonly job: Job }) {
  return (
    <Panel title="About">
      <Facts
        items={[
          { name: "Project", value: job.project },
          ...(job.app === undefined ? [] : [{ name: "App", value: job.app }]),
          {
            name: "Ordered",
            value: (
              <>
                <Ago at={job.createdAt} /> by {job.createdBy}
              </>
            ),
          },
          ...(job.finishedAt === undefined
            ? []
            : [{ name: "Ended", value: <FullTime at={job.finishedAt} /> }]),
          { name: "Priority", value: String(job.priority) },
          {
            name: "Package",
            value: (
              <code className="block truncate text-xs text-dim" title={job.package}>
                {job.package}
              </code>
            ),
          },
          { name: "Id", value: <code className="text-xs text-dim select-all">{job.id}</code> },
        ]}
      />
    </Panel>
  );
}

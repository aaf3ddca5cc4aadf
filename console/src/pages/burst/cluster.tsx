import { Plus } from "lucide-react";
import { useState } from "react";
import type { Cluster, WorkerView } from "#api/burst.ts";
import { useLiveCluster, type ClusterSample } from "#console/data/burst-streams.ts";
import { may } from "#console/data/permissions.ts";
import { useMe } from "#console/data/session.tsx";
import { JoinMachine } from "#console/forms/burst/join-machine.tsx";
import { Button, ButtonLink } from "#console/kit/button.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { Empty, Page } from "#console/kit/page.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { SkeletonPage } from "#console/kit/skeleton.tsx";
import { State } from "#console/kit/state.tsx";
import { TimeChart } from "#console/kit/time-chart.tsx";
import { formatGigahertz, formatPerSecond } from "#console/lib/burst-text.ts";
import { countOf, formatCount } from "#console/lib/format.ts";
import { useProjectChoice } from "#console/pages/apps/project-choice.tsx";
import { BurstTabs } from "#console/pages/burst/burst-tabs.tsx";
import { CoreFigure } from "#console/pages/burst/core-figure.tsx";
import { PoolsPanel } from "#console/pages/burst/pools-panel.tsx";
import { WorkerCard } from "#console/pages/burst/worker-card.tsx";

const spanSeconds = 300;
const usualWorkers = 60;

/** All workers as one core, and each of them, as they are now. */
export function ClusterPage() {
  const { cluster, samples, state } = useLiveCluster();
  const { names } = useProjectChoice("worker.join");
  const { names: all } = useProjectChoice();
  const [joining, setJoining] = useState(false);
  const mayJoin = names !== undefined && names.length > 0;
  const join = mayJoin && (
    <Button look="primary" onClick={() => setJoining(true)}>
      <Plus size={15} aria-hidden="true" />
      Add a machine
    </Button>
  );
  const failure = state.phase === "waiting" ? state.error : undefined;
  if (cluster === undefined && failure === undefined) return <SkeletonPage />;
  return (
    <Page
      title="Burst"
      subtitle="Machines, agents and open pages that work on tasks, as if they were one fast core."
      aside={failure !== undefined && cluster !== undefined && <State tone="warn">Reconnecting</State>}
      actions={join}
    >
      <BurstTabs />
      {cluster === undefined ? (
        <Failure error={failure} />
      ) : cluster.workers.length === 0 ? (
        <NoWorkers join={join} />
      ) : (
        <>
          <div className="grid gap-6 lg:grid-cols-2">
            <CoreFigure cluster={cluster} />
            <Charts samples={samples} />
          </div>
          <Workers cluster={cluster} />
        </>
      )}
      <PoolsPanel projects={all ?? []} />
      {joining && <JoinMachine projects={names ?? []} onClose={() => setJoining(false)} />}
    </Page>
  );
}

function NoWorkers(props: { readonly join: React.ReactNode }) {
  return (
    <section className="rounded-lg border border-line bg-surface">
      <Empty
        title="Nobody works here yet"
        actions={
          <>
            {props.join}
            <ButtonLink to="/burst/jobs">Jobs</ButtonLink>
          </>
        }
      >
        Threads of this machine come with the data center. Any other machine joins with one command, also from
        behind a firewall; an open page of an app can join too. Jobs wait until somebody does.
      </Empty>
    </section>
  );
}

function Charts({ samples }: { readonly samples: readonly ClusterSample[] }) {
  const times = samples.map(({ at }) => at);
  return (
    <div className="grid gap-6 sm:grid-cols-2 lg:grid-cols-1">
      <Panel title="In use" note="GHz, of all there is">
        <TimeChart
          title="Gigahertz in use"
          times={times}
          series={[
            { label: "All", colour: "--chart-3" },
            { label: "In use", colour: "--chart-1" },
          ]}
          values={[samples.map(({ gigahertz }) => gigahertz), samples.map(({ inUse }) => inUse)]}
          format={formatGigahertz}
          spanSeconds={spanSeconds}
          atLeast={1}
        />
      </Panel>
      <Panel title="Tasks" note="done per second">
        <TimeChart
          title="Tasks per second"
          times={times}
          series={[{ label: "Done", colour: "--chart-2" }]}
          values={[samples.map(({ tasksPerSecond }) => tasksPerSecond)]}
          format={formatPerSecond}
          spanSeconds={spanSeconds}
          atLeast={5}
        />
      </Panel>
    </div>
  );
}

function Workers({ cluster }: { readonly cluster: Cluster }) {
  const mayManage = may(useMe(), "worker.manage");
  const [shown, setShown] = useState(usualWorkers);
  const workers = cluster.workers.toSorted(byWeight);
  return (
    <section aria-labelledby="workers" className="flex flex-col gap-3">
      <div className="flex items-baseline gap-3">
        <h2 id="workers" className="text-sm font-semibold text-ink">
          Workers
        </h2>
        <span className="text-xs text-faint tabular">
          {formatCount(workers.length)}, with {countOf(cluster.slots, "slot")}
        </span>
      </div>
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,20rem),1fr))] gap-4">
        {workers.slice(0, shown).map((worker) => (
          <li key={worker.id} className="min-w-0">
            <WorkerCard worker={worker} mayManage={mayManage} />
          </li>
        ))}
      </ul>
      {workers.length > shown && (
        <Button className="self-center" onClick={() => setShown(shown + usualWorkers)}>
          Show more of {formatCount(workers.length)}
        </Button>
      )}
    </section>
  );
}

/** What needs somebody first, then the strongest; equal ones keep their places from second to second. */
function byWeight(a: WorkerView, b: WorkerView): number {
  const urgent = (worker: WorkerView) => Number(worker.state === "quarantined" || worker.state === "silent");
  return urgent(b) - urgent(a) || b.gigahertz - a.gigahertz || a.id.localeCompare(b.id);
}

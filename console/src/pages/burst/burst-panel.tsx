import { Link } from "react-router";
import { useClusterNow } from "#console/data/burst-queries.ts";
import { Panel } from "#console/kit/panel.tsx";
import { formatGigahertz } from "#console/lib/burst-text.ts";
import { gigahertzInUse } from "#console/lib/burst-view.ts";
import { countOf, formatCount, formatPercent } from "#console/lib/format.ts";

/** The cluster in a few figures, on the overview; nothing where nobody works. */
export function BurstPanel() {
  const { data: cluster } = useClusterNow();
  if (cluster === undefined || cluster.workers.length === 0) return null;
  const inUse = gigahertzInUse(cluster.workers);
  const share = cluster.gigahertz === 0 ? 0 : (inUse / cluster.gigahertz) * 100;
  return (
    <Panel
      title="Burst"
      note={countOf(cluster.workers.length, "worker")}
      actions={
        <Link to="/burst" className="link text-xs max-sm:flex max-sm:min-h-10 max-sm:items-center">
          Cluster
        </Link>
      }
    >
      <p className="flex flex-wrap items-baseline gap-x-4 gap-y-1">
        <span className="text-lg font-medium tracking-tight text-ink tabular">
          {formatGigahertz(cluster.gigahertz)}
        </span>
        <span className="text-dim tabular">
          {cluster.running + cluster.ready === 0
            ? "waits for jobs"
            : `${countOf(cluster.running, "task")} running, ${formatCount(cluster.ready)} waiting`}
        </span>
      </p>
      <div
        role="meter"
        aria-label="Of the cluster in use"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share)}
        aria-valuetext={formatPercent(share)}
        className="mt-2 h-1.5 overflow-hidden rounded-full bg-sunken"
      >
        <div className="meter-fill h-full rounded-full bg-accent" style={{ width: `${share}%` }} />
      </div>
    </Panel>
  );
}

import { useEffect, useState } from "react";
import type { Cluster, Job } from "#api/burst.ts";
import { api } from "#console/data/api.ts";
import type { InProject } from "#console/data/burst-queries.ts";
import { queryClient } from "#console/data/cache.ts";
import { keepStreaming, type StreamState } from "#console/data/keep-streaming.ts";
import { TaskStates, type TaskFacts } from "#console/lib/burst-tasks.ts";
import { gigahertzInUse, hasEnded } from "#console/lib/burst-view.ts";
import { browserClock } from "#console/lib/clock.ts";
import { useVisible } from "#console/lib/use-visible.ts";

/** Five minutes, one a second. */
export const maxClusterSamples = 300;
/** Facts of tasks come in pages of this size. */
const factsPage = 10_000;
/** A job's page is drawn at most this often, however often it is told something; that of a large job less often. */
const drawMs = 150;
const drawMsPerTask = 1 / 100;

export interface ClusterSample {
  /** Seconds since the Unix epoch. */
  readonly at: number;
  readonly inUse: number;
  readonly gigahertz: number;
  readonly tasksPerSecond: number;
}

export interface LiveCluster {
  readonly cluster: Cluster | undefined;
  readonly samples: readonly ClusterSample[];
  readonly state: StreamState;
}

/** The workers once a second, while the tab is looked at. */
export function useLiveCluster(): LiveCluster {
  const [live, setLive] = useState<LiveCluster>({
    cluster: undefined,
    samples: [],
    state: { phase: "connecting" },
  });
  const visible = useVisible();
  useEffect(() => {
    if (!visible) return undefined;
    const controller = new AbortController();
    const { signal } = controller;
    const open = async (onLive: () => void) => {
      for await (const cluster of api.events(api.routes["burst.watch"], { signal })) {
        onLive();
        const sample = sampleOf(cluster);
        setLive((held) => ({
          ...held,
          cluster,
          samples: [...held.samples.slice(1 - maxClusterSamples), sample],
        }));
      }
    };
    // Ends with the signal; failures are shown as its state.
    void keepStreaming(signal, open, (state) => setLive((held) => ({ ...held, state })));
    return () => controller.abort();
  }, [visible]);
  return live;
}

function sampleOf(cluster: Cluster): ClusterSample {
  return {
    at: browserClock.now() / 1000,
    inUse: gigahertzInUse(cluster.workers),
    gigahertz: cluster.gigahertz,
    tasksPerSecond: cluster.tasksPerSecond,
  };
}

export interface LiveJob {
  readonly job: Job | undefined;
  /** One object as long as the page is open: it changes in place, and the page is drawn again when it did. */
  readonly states: TaskStates;
  /** Version of the states that is to be seen. */
  readonly drawn: number;
  readonly state: StreamState;
}

/** A job as it goes on, until it has ended. */
export function useLiveJob({ project, job: id }: InProject): LiveJob {
  const [states] = useState(() => new TaskStates());
  const [live, setLive] = useState<Omit<LiveJob, "states">>({
    job: undefined,
    drawn: 0,
    state: { phase: "connecting" },
  });
  const visible = useVisible();
  useEffect(() => {
    if (!visible) return undefined;
    const controller = new AbortController();
    const { signal } = controller;
    const given = { params: { project, job: id }, signal };
    let job: Job | undefined;
    let cancelDraw: (() => void) | undefined;
    const draw = () => {
      cancelDraw = undefined;
      setLive((held) => ({ ...held, job, drawn: states.version }));
    };
    const open = async (onLive: () => void) => {
      let isFirst = true;
      for await (const progress of api.events(api.routes["job.watch"], given)) {
        ({ job } = progress);
        states.apply(progress, browserClock.now());
        if (isFirst) onLive();
        if (isFirst) draw();
        else cancelDraw ??= browserClock.after(drawMs + job.tasks * drawMsPerTask, draw);
        isFirst = false;
      }
      if (job !== undefined && hasEnded(job)) controller.abort();
    };
    // Ends with the signal; failures are shown as its state.
    void keepStreaming(signal, open, (state) => setLive((held) => ({ ...held, state })));
    return () => {
      cancelDraw?.();
      controller.abort();
    };
    // The compiler's rule does not see what a `for await` in here uses.
    // oxlint-disable-next-line react/exhaustive-effect-dependencies
  }, [project, id, visible, states]);
  return { ...live, states };
}

export interface JobFacts {
  readonly tasks: readonly TaskFacts[];
  readonly error: unknown;
  readonly isComplete: boolean;
}

/** The fixed facts of all tasks of a job, page by page. */
export function useJobFacts({ project, job }: InProject): JobFacts {
  const [facts, setFacts] = useState<JobFacts>({ tasks: [], error: undefined, isComplete: false });
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const read = async () => {
      let tasks: readonly TaskFacts[] = [];
      let after: number | undefined = -1;
      while (after !== undefined && !signal.aborted) {
        const page: { readonly items: readonly TaskFacts[]; readonly next?: number | undefined } =
          await queryClient.fetchQuery({
            queryKey: ["burst", "tasks", project, job, after],
            queryFn: () =>
              api.call(api.routes["job.tasks"], {
                params: { project, job },
                query: { after, limit: factsPage },
                signal,
              }),
          });
        tasks = tasks.length === 0 ? page.items : [...tasks, ...page.items];
        after = page.next;
        if (!signal.aborted) setFacts({ tasks, error: undefined, isComplete: after === undefined });
      }
    };
    read().catch((error: unknown) => {
      if (!signal.aborted) setFacts((held) => ({ ...held, error }));
    });
    return () => controller.abort();
  }, [project, job]);
  return facts;
}

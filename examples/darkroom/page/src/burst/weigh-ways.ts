import { referenceGigahertz, type Cluster, type Offer } from "#api/burst.ts";
import { type Choice, chooseWay, type JobShape } from "#burst/choice/choose-way.ts";
import type { JobGraph, TaskSpec } from "#burst/graph.ts";
import { linkMeasure } from "../data/link-measure.ts";
import { coreSpeed, type Engine } from "../engine/engine.ts";
import { inputsOf, type Whereabouts } from "./order.ts";

/** What the data center says to an order; absent where it cannot be asked. */
export interface Remote {
  readonly offer: Offer;
  readonly cluster: Cluster;
  readonly where: Whereabouts;
}

/** Compares this computer, the data center and both, with what was measured. */
export async function weighWays(
  engine: Engine,
  graph: JobGraph,
  remote: Remote | undefined,
  isPressed: boolean,
): Promise<Choice> {
  return chooseWay({
    job: shapeOf(engine, graph, remote?.where),
    local: { cores: engine.pool.slots, speed: await coreSpeed(engine), pressure: isPressed ? 0.5 : 0 },
    remote: remoteSide(remote, graph),
    link: linkMeasure.rates,
    // An offer is shown and accepted before anything runs, so its price is no reason to leave it out.
    wishes: { consent: BigInt(remote?.offer.burst.price ?? "0"), quiet: isPressed },
  });
}

/** From an order to the first task, as it was measured with workers that wait (test/burst-chaos/offload-choice.test.ts). */
const startSeconds = 0.5;

function remoteSide(remote: Remote | undefined, graph: JobGraph) {
  if (remote === undefined) return { slots: 0, speed: 1, startSeconds, queued: 0, price: 0n };
  const { cluster, offer } = remote;
  const slots = Math.min(cluster.slots, Math.max(1, offer.workers));
  const speed = cluster.slots === 0 ? 1 : cluster.gigahertz / referenceGigahertz / cluster.slots;
  const meanCost = costOf(graph) / Math.max(1, graph.tasks.length);
  // What waits belongs to others, and is taken to be like this job.
  return { slots, speed, startSeconds, queued: cluster.ready * meanCost, price: BigInt(offer.expected) };
}

function shapeOf({ blobs }: Engine, graph: JobGraph, where: Whereabouts | undefined): JobShape {
  const inputs = inputsOf(graph);
  const sum = (some: readonly { readonly bytes: number }[]) =>
    some.reduce((all, { bytes }) => all + bytes, 0);
  const resulting = new Set(graph.results.flatMap(({ from }) => ("task" in from ? [from.task] : [])));
  return {
    tasks: graph.tasks.length,
    cost: costOf(graph),
    tail: tailOf(graph),
    inputBytes: sum(inputs),
    localOnlyBytes: sum(where?.here ?? []),
    remoteOnlyBytes: sum(inputs.filter(({ blob }) => blobs.get(blob) === undefined)),
    readBytes: graph.tasks.reduce((all, task) => all + readBytesOf(graph, task), 0),
    madeBytes: sum(graph.tasks.map(({ outputBytes }) => ({ bytes: outputBytes }))),
    resultBytes: [...resulting].reduce((all, task) => all + (graph.tasks[task]?.outputBytes ?? 0), 0),
  };
}

/** An output is taken for an equal part of all that its task makes. */
function readBytesOf({ tasks }: JobGraph, { inputs }: TaskSpec): number {
  return inputs.reduce((all, input) => {
    if ("blob" in input) return all + input.bytes;
    const maker = tasks[input.task];
    return all + (maker?.outputBytes ?? 0) / Math.max(1, maker?.outputs ?? 1);
  }, 0);
}

export function costOf({ tasks }: JobGraph): number {
  return tasks.reduce((sum, { cost }) => sum + cost, 0);
}

/** What nobody can divide: tasks for which most of the others have to be done before, one after the other. */
function tailOf({ tasks }: JobGraph): number {
  return tasks
    .filter(
      ({ inputs }) =>
        new Set(inputs.map((input) => ("task" in input ? input.task : -1))).size > tasks.length / 4,
    )
    .reduce((sum, { cost }) => sum + cost, 0);
}

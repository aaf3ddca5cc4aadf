import { routeSpecSchema, type RouteSpec } from "#api/kinds/route.ts";
import type { ActContext, Reconciler } from "#control/reconcile/reconciler.ts";
import { listAll } from "#control/reconcile/list-all.ts";
import { writeStatus } from "#control/reconcile/write-status.ts";
import { unreachable } from "#lib/assert.ts";
import type { ResourceStore } from "#store/store.ts";
import { planTraffic } from "./plan.ts";
import type { App, Certificate, Instance, Route, TrafficFacts, TrafficPlace } from "./plan/facts.ts";
import type { Published, Publisher } from "./publish.ts";
import { checksumOf } from "./sealed-snapshot.ts";
import type { SnapshotContent } from "./snapshot.ts";

/** Resources of each kind that a pass reads. */
const maxOfKind = 20_000;
const everyMs = 60_000;
/** There is one snapshot, so there is one key. */
const key = "gateway";

export interface TrafficObserved {
  readonly facts: TrafficFacts;
  readonly place: TrafficPlace;
  readonly published: Published;
}

export type TrafficAction =
  | { readonly do: "publish"; readonly content: SnapshotContent }
  | { readonly do: "announce" }
  | { readonly do: "write-status"; readonly route: Route; readonly status: Route["status"] };

/**
 * Keeps the gateways of this machine working from what resources say. Each machine has its own leader, because only its
 * own processes can reach its gateways and its files; the statuses of routes are the same whoever writes them.
 */
export function createTrafficReconciler(options: {
  readonly resources: ResourceStore;
  readonly publisher: Publisher;
  /** Name of this host's machine. */
  readonly machine: string;
  /** Read in every pass: the fallback certificate is made anew before it ends. */
  readonly place: () => Promise<TrafficPlace>;
}): Reconciler<TrafficObserved, TrafficAction> {
  const { resources, publisher, machine, place } = options;
  const specs = routeSpecs();
  return {
    name: "traffic",
    lease: `reconciler/traffic/${machine}`,
    watches: ["route", "app", "instance", "certificate"],
    everyMs,
    keysOf: () => [key],
    keys: async () => await Promise.resolve([key]),
    observe: async (_, signal) => {
      const [facts, here, published] = await Promise.all([
        readFacts(resources, signal),
        place(),
        publisher.read(),
      ]);
      return { facts: { ...facts, routes: specs.whole(facts.routes) }, place: here, published };
    },
    plan: planPass,
    act: async (action, context) => await act(action, options, context),
    describe: {
      observed: ({ facts, published }) =>
        `${facts.routes.length} routes, ${facts.instances.length} instances, snapshot ${published.version}`,
      action: (action) => action.do,
    },
  };
}

/** What gateways work from comes first: people can wait for a status, requests cannot. */
function planPass({ facts, place, published }: TrafficObserved): readonly TrafficAction[] {
  const { content, statuses } = planTraffic(facts, place);
  const actions: TrafficAction[] = [];
  if (checksumOf(content) !== published.checksum) actions.push({ do: "publish", content });
  else if (!published.announced) actions.push({ do: "announce" });
  for (const { route, status } of statuses) actions.push({ do: "write-status", route, status });
  return actions;
}

async function act(
  action: TrafficAction,
  { publisher, resources }: { readonly publisher: Publisher; readonly resources: ResourceStore },
  { by, fence, signal }: ActContext,
): Promise<"again" | void> {
  switch (action.do) {
    case "publish":
      return await publisher.publish(action.content, signal);
    case "announce":
      return await publisher.announce(signal);
    case "write-status":
      return await writeStatus(resources, action.route, { ...action.status }, { by, fence });
    default:
      return unreachable(action);
  }
}

async function readFacts(resources: ResourceStore, signal: AbortSignal): Promise<TrafficFacts> {
  const [routes, apps, instances, certificates] = await Promise.all([
    read<Route>(resources, "route", signal),
    read<App>(resources, "app", signal),
    read<Instance>(resources, "instance", signal),
    read<Certificate>(resources, "certificate", signal),
  ]);
  return { routes, apps, instances, certificates };
}

async function read<R>(resources: ResourceStore, kind: string, signal: AbortSignal): Promise<R[]> {
  const found = await Array.fromAsync(listAll(resources, { kind }, { max: maxOfKind, signal }));
  return found as unknown as R[]; // the store holds what the kind's schema let in
}

/**
 * Specs as this version of VDC reads them: one that was stored by an older version lacks what was added since, and a gateway
 * would refuse the whole snapshot for it. Parsed once for each generation; holds what the last pass saw.
 */
function routeSpecs(): { whole(routes: readonly Route[]): readonly Route[] } {
  let parsed = new Map<string, { readonly generation: number; readonly spec: RouteSpec }>();
  return {
    whole: (routes) => {
      const next: typeof parsed = new Map();
      const whole = routes.map((route) => {
        const before = parsed.get(route.id);
        const spec =
          before?.generation === route.generation ? before.spec : routeSpecSchema.parse(route.spec);
        next.set(route.id, { generation: route.generation, spec });
        return { ...route, spec };
      });
      parsed = next;
      return whole;
    },
  };
}

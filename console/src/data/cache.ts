import { QueryClient } from "@tanstack/react-query";
import { VdcError } from "#api/errors.ts";
import type { Change, Event, Operation } from "#api/records.ts";
import type { Resource } from "#api/resource.ts";
import { Ring } from "#lib/bounded.ts";
import {
  addEvent,
  changeList,
  changeOperation,
  changeResource,
  type History,
  type ResourceList,
} from "#console/data/feed-cache.ts";

/** Keys of what the feed keeps fresh. The project of `events` is "" for all. */
export const keys = {
  me: ["me"] as const,
  /** Resources of the data center's own kinds have no project. */
  list: (kind: string, project = "") => ["list", kind, project] as const,
  resource: (kind: string, name: string) => ["resource", kind, name] as const,
  events: (project: string) => ["events", project] as const,
  operations: ["operations"] as const,
};

/** Changes that are kept to be applied to lists which were on their way when they came. */
const maxRecent = 1000;
const recent = new Ring<Change>(maxRecent);

const lostCodes = new Set(["unreachable", "timeout", "unavailable", "busy"]);
const maxRetries = 2;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // The feed keeps the cache fresh; what it does not carry sets its own times.
      staleTime: Infinity,
      gcTime: 10 * 60_000,
      refetchOnWindowFocus: false,
      // Whether the server can be reached is asked of the server; the browser's opinion knows nothing of loopback.
      networkMode: "always",
      retry: (failures, error) =>
        failures < maxRetries && error instanceof VdcError && lostCodes.has(error.code),
      retryDelay: (failures) => 400 * 2 ** failures,
    },
    mutations: { networkMode: "always" },
  },
});

/** Puts one change of the feed into everything that is cached. */
export function applyChange(change: Change): void {
  recent.push(change);
  if (change.kind === "event") return applyEvent(change);
  if (change.kind === "operation") {
    queryClient.setQueryData<History<Operation>>(keys.operations, (held) =>
      held === undefined ? held : changeOperation(held, change),
    );
    return;
  }
  queryClient.setQueryData<ResourceList>(keys.list(change.kind, change.project), (held) =>
    held === undefined ? held : changeList(held, change),
  );
  queryClient.setQueryData<Resource | null>(keys.resource(change.kind, change.name), (held) =>
    held === undefined ? held : changeResource(held, change),
  );
}

function applyEvent(change: Change): void {
  for (const project of change.project === undefined ? [""] : ["", change.project]) {
    queryClient.setQueryData<History<Event>>(keys.events(project), (held) =>
      held === undefined ? held : addEvent(held, change),
    );
  }
}

/** What was read, with the changes that came while it was on its way. */
export function catchUpList(list: ResourceList, kind: string, project?: string): ResourceList {
  return recent
    .values()
    .filter((change) => change.kind === kind && change.project === project)
    .reduce(changeList, list);
}

export function catchUpResource(resource: Resource): Resource | null {
  return recent
    .values()
    .filter((change) => change.kind === resource.kind && change.name === resource.name)
    .reduce<Resource | null>(changeResource, resource);
}

export function catchUpEvents(history: History<Event>, project: string): History<Event> {
  return recent
    .values()
    .filter((change) => change.kind === "event" && (project === "" || change.project === project))
    .reduce(addEvent, history);
}

export function catchUpOperations(history: History<Operation>): History<Operation> {
  return recent
    .values()
    .filter((change) => change.kind === "operation")
    .reduce(changeOperation, history);
}

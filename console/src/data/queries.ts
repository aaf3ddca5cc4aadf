import { queryOptions, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { Me } from "#api/accounts.ts";
import type { KindDefinition } from "#api/kind.ts";
import { machineKind, type MachineSpec, type MachineStatus } from "#api/kinds/machine.ts";
import { projectKind, type ProjectSpec, type ProjectStatus } from "#api/kinds/project.ts";
import type { Event, Operation } from "#api/records.ts";
import type { Resource } from "#api/resource.ts";
import { api } from "#console/data/api.ts";
import {
  catchUpEvents,
  catchUpList,
  catchUpOperations,
  catchUpResource,
  keys,
  queryClient,
} from "#console/data/cache.ts";
import { appendOlder, type History, type ResourceList } from "#console/data/feed-cache.ts";

export type Project = Resource<ProjectSpec, ProjectStatus>;
export type Machine = Resource<MachineSpec, MachineStatus>;

const pageSize = 500;
/** Pages of a list that are read: 10,000 resources. */
const maxPages = 20;
export const historyPage = 100;

export const meQuery = queryOptions({
  queryKey: keys.me,
  queryFn: ({ signal }): Promise<Me> => api.call(api.routes["auth.me"], { signal }),
  retry: false,
});

/** Reads a whole list, page by page. */
async function readList(
  kind: KindDefinition,
  project: string | undefined,
  signal: AbortSignal,
): Promise<ResourceList> {
  const from = { limit: pageSize, signal, ...(project === undefined ? {} : { project }) };
  let page = await api.list(kind, from);
  const first = page.revision;
  const items = [...page.items];
  for (let pages = 1; page.continue !== undefined && pages < maxPages; pages += 1) {
    page = await api.list(kind, { ...from, continue: page.continue });
    items.push(...page.items);
  }
  // The first page's revision: changes between the pages come again by the feed, and items know their own revision.
  return catchUpList({ items, revision: first, truncated: page.continue !== undefined }, kind.kind, project);
}

/** All resources of a kind: of one project, or, for the data center's own kinds, of none. */
export function listQuery(kind: KindDefinition, project?: string) {
  return queryOptions({
    queryKey: keys.list(kind.kind, project),
    queryFn: ({ signal }) => readList(kind, project, signal),
  });
}

function resourceQuery(kind: KindDefinition, name: string) {
  return queryOptions({
    queryKey: keys.resource(kind.kind, name),
    queryFn: async ({ signal }) => catchUpResource(await api.get(kind, { name }, signal)),
  });
}

export const projectsQuery = listQuery(projectKind);
export const machinesQuery = listQuery(machineKind);

export function useProjects() {
  const query = useQuery(projectsQuery);
  // The list of this kind holds resources of this kind.
  return { ...query, projects: query.data?.items as readonly Project[] | undefined };
}

export function useMachines(enabled = true) {
  const query = useQuery({ ...machinesQuery, enabled });
  // The list of this kind holds resources of this kind.
  return { ...query, machines: query.data?.items as readonly Machine[] | undefined };
}

/** One project; `null` when it was deleted while we looked. */
export function useProject(name: string) {
  const query = useQuery(resourceQuery(projectKind, name));
  // What is asked for by this kind is of this kind.
  return { ...query, project: query.data as Project | null | undefined };
}

export function useMachine(name: string) {
  const query = useQuery(resourceQuery(machineKind, name));
  // What is asked for by this kind is of this kind.
  return { ...query, machine: query.data as Machine | null | undefined };
}

async function readEvents(project: string, before: number | undefined, signal?: AbortSignal) {
  const { items } = await api.call(api.routes["event.list"], {
    query: {
      limit: historyPage,
      ...(project === "" ? {} : { project }),
      ...(before === undefined ? {} : { before }),
    },
    ...(signal === undefined ? {} : { signal }),
  });
  return items;
}

/** Events of one project, or of all with "". Newest first, live. */
export function useEvents(project = "") {
  const query = useQuery({
    queryKey: keys.events(project),
    queryFn: async ({ signal }): Promise<History<Event>> => {
      const items = await readEvents(project, undefined, signal);
      return catchUpEvents({ items, complete: items.length < historyPage }, project);
    },
  });
  const loadOlder = async () => {
    const older = await readEvents(project, query.data?.items.at(-1)?.revision);
    queryClient.setQueryData<History<Event>>(keys.events(project), (held) =>
      held === undefined ? held : appendOlder(held, older, historyPage),
    );
  };
  return { ...query, loadOlder };
}

async function readOperations(before: string | undefined, signal?: AbortSignal) {
  const { items } = await api.call(api.routes["operation.list"], {
    query: { limit: historyPage, ...(before === undefined ? {} : { before }) },
    ...(signal === undefined ? {} : { signal }),
  });
  return items;
}

/** Operations that the caller may see, newest first, live. */
export function useOperations() {
  const query = useQuery({
    queryKey: keys.operations,
    queryFn: async ({ signal }): Promise<History<Operation>> => {
      const items = await readOperations(undefined, signal);
      return catchUpOperations({ items, complete: items.length < historyPage });
    },
  });
  const loadOlder = async () => {
    const older = await readOperations(query.data?.items.at(-1)?.id);
    queryClient.setQueryData<History<Operation>>(keys.operations, (held) =>
      held === undefined ? held : appendOlder(held, older, historyPage),
    );
  };
  return { ...query, loadOlder };
}

export function useSystem(enabled: boolean) {
  return useQuery({
    queryKey: ["system"],
    queryFn: ({ signal }) => api.call(api.routes["system.get"], { signal }),
    refetchInterval: 4000,
    staleTime: 2000,
    enabled,
  });
}

export function useUsers(enabled = true) {
  return useQuery({
    queryKey: ["users"],
    queryFn: async ({ signal }) => (await api.call(api.routes["user.list"], { signal })).items,
    staleTime: 0,
    enabled,
  });
}

export function useTokens(all: boolean) {
  return useQuery({
    queryKey: ["tokens", all],
    queryFn: async ({ signal }) =>
      (await api.call(api.routes["token.list"], { query: all ? { all: "true" } : {}, signal })).items,
    staleTime: 0,
  });
}

export function useSessions() {
  return useQuery({
    queryKey: ["sessions"],
    queryFn: async ({ signal }) => (await api.call(api.routes["session.list"], { signal })).items,
    staleTime: 0,
  });
}

export function useProcesses(machine: string, sort: "cpu" | "memory") {
  return useQuery({
    queryKey: ["processes", machine, sort],
    queryFn: async ({ signal }) =>
      (
        await api.call(api.routes["machine.processes"], {
          params: { name: machine },
          query: { sort, limit: 50 },
          signal,
        })
      ).items,
    refetchInterval: 3000,
    staleTime: 0,
    placeholderData: (before) => before,
  });
}

export function useAudit(project: string) {
  return useInfiniteQuery({
    queryKey: ["audit", project],
    queryFn: async ({ signal, pageParam }) =>
      (
        await api.call(api.routes["audit.list"], {
          query: {
            limit: historyPage,
            ...(project === "" ? {} : { project }),
            ...(pageParam === 0 ? {} : { before: pageParam }),
          },
          signal,
        })
      ).items,
    initialPageParam: 0,
    getNextPageParam: (last) => (last.length < historyPage ? undefined : last.at(-1)?.sequence),
    staleTime: 0,
  });
}

export function useSignInMethods() {
  return useQuery({
    queryKey: ["sign-in-methods"],
    queryFn: ({ signal }) => api.call(api.routes["auth.methods"], { signal }),
  });
}

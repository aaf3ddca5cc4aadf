import { queryOptions, useQueries, useQuery } from "@tanstack/react-query";
import type { Me } from "#api/accounts.ts";
import type { Incident, Receipt } from "#api/incidents.ts";
import { subscriptionKind, type SubscriptionSpec, type SubscriptionStatus } from "#api/kinds/subscription.ts";
import type { Resource } from "#api/resource.ts";
import type { RouteAnswer, RouteBody } from "#api/route.ts";
import type { FixedRoutes } from "#api/routes.ts";
import { api } from "#console/data/api.ts";
import { maxProjectsAtOnce, useListsOf, type Listed } from "#console/data/app-queries.ts";
import { queryClient } from "#console/data/cache.ts";
import { mergeIncidents } from "#console/lib/incident-view.ts";

export type Subscription = Resource<SubscriptionSpec, SubscriptionStatus>;
export type Said = RouteBody<FixedRoutes["incident.say"]>;
export type Tried = RouteAnswer<FixedRoutes["subscription.test"]>;

/** Incidents come from a process of their own and not by the feed. The banner asks calmly, the page often. */
export const calmMs = 10_000;
export const oftenMs = 3000;

const root = "incidents";

const allIncidents = (everyMs: number) =>
  queryOptions({
    queryKey: [root, "all"],
    queryFn: async ({ signal }): Promise<readonly Incident[]> =>
      (await api.call(api.routes["incident.list"], { signal })).items,
    refetchInterval: everyMs,
    staleTime: everyMs / 2,
    retry: false,
  });

const incidentsOf = (project: string, everyMs: number) =>
  queryOptions({
    queryKey: [root, "of", project],
    queryFn: ({ signal }) => api.call(api.routes["incident.mine"], { params: { project }, signal }),
    refetchInterval: everyMs,
    staleTime: everyMs / 2,
    retry: false,
  });

/** What the caller may know of: all with details for owners, for others what affects their projects. Newest first. */
export function useIncidents(me: Me, everyMs: number): Listed<Incident> {
  const all = useQuery({ ...allIncidents(everyMs), enabled: me.owner });
  const projects = me.owner ? [] : Object.keys(me.projects).slice(0, maxProjectsAtOnce);
  const own = useQueries({
    queries: projects.map((project) => incidentsOf(project, everyMs)),
    combine: (results) => ({
      items: results.some(({ isPending }) => isPending)
        ? undefined
        : mergeIncidents(results.flatMap(({ data }) => data?.items ?? [])),
      error: results.find(({ error }) => error !== null)?.error ?? null,
      refetch: () => Promise.all(results.map((result) => result.refetch())),
    }),
  });
  return me.owner ? { items: all.data, error: all.error, refetch: all.refetch } : own;
}

/** Address of a project's own status page. */
export function useProjectPage(project: string, enabled: boolean): string | undefined {
  return useQuery({ ...incidentsOf(project, calmMs), enabled }).data?.page;
}

export function useStatusPage(): string | undefined {
  const query = useQuery({
    queryKey: ["status-page"],
    queryFn: ({ signal }) => api.call(api.routes["status.page"], { signal }),
    retry: false,
  });
  return query.data?.url;
}

/** Messages about one incident to subscribers of these projects, newest first. */
export function useReceipts(projects: readonly string[], incident: string): Listed<Receipt> {
  return useQueries({
    queries: projects.slice(0, maxProjectsAtOnce).map((project) => ({
      queryKey: [root, "receipts", project, incident],
      queryFn: async ({ signal }: { readonly signal: AbortSignal }) =>
        (
          await api.call(api.routes["incident.receipts"], {
            params: { project },
            query: { incident },
            signal,
          })
        ).items,
      refetchInterval: oftenMs,
      staleTime: 0,
      retry: false,
    })),
    combine: (results) => ({
      items: results.some(({ isPending }) => isPending)
        ? undefined
        : results.flatMap(({ data }) => data ?? []).toSorted((a, b) => b.at.localeCompare(a.at)),
      error: results.find(({ error }) => error !== null)?.error ?? null,
      refetch: () => Promise.all(results.map((result) => result.refetch())),
    }),
  });
}

export function useSubscriptionsOf(projects: readonly string[]): Listed<Subscription> {
  return useListsOf(subscriptionKind, projects) as Listed<Subscription>; // by the kind
}

export async function sayIncident(said: Said): Promise<Incident> {
  const incident = await api.call(api.routes["incident.say"], { body: said });
  await queryClient.invalidateQueries({ queryKey: [root] });
  return incident;
}

export async function createSubscription(
  project: string,
  name: string,
  spec: SubscriptionSpec,
  signingSecret: string,
): Promise<void> {
  const { webhook } = spec;
  if (webhook === undefined || signingSecret === "") {
    await api.apply(subscriptionKind, { name, project, spec: { ...spec } }, { ifRevision: "absent" });
    return;
  }
  // Stored before it is named: a subscription whose secret has no value tells nobody.
  const secret = `${name}-webhook`;
  await api.call(api.routes["secret.set"], {
    params: { project, name: secret },
    body: { value: signingSecret },
  });
  const signed = { ...spec, webhook: { url: webhook.url, secret } };
  await api.apply(subscriptionKind, { name, project, spec: signed }, { ifRevision: "absent" });
}

export async function trySubscription({ project = "", name }: Subscription): Promise<Tried> {
  return await api.call(api.routes["subscription.test"], { params: { project, name } });
}

export async function deleteSubscription({ project = "", name }: Subscription): Promise<void> {
  await api.delete(subscriptionKind, { project, name });
}

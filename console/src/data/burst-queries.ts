import { queryOptions, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { Balance, Invoice, Job, LedgerEntry, Offer } from "#api/burst.ts";
import { planKind, type PlanSpec } from "#api/kinds/plan.ts";
import type { Resource } from "#api/resource.ts";
import type { RouteBody } from "#api/route.ts";
import type { FixedRoutes } from "#api/routes.ts";
import { api } from "#console/data/api.ts";
import { queryClient } from "#console/data/cache.ts";
import { listQuery } from "#console/data/queries.ts";
import { hasEnded } from "#console/lib/burst-view.ts";

export type Plan = Resource<PlanSpec, Record<string, never>>;

/** Jobs, offers and money do not come by the feed: they are asked for while somebody looks. */
const lookAgainMs = 2000;
const calmMs = 5000;
const pageSize = 100;
const root = "burst";

/** Which job: jobs are in projects. */
export interface InProject {
  readonly project: string;
  readonly job: string;
}

/** The workers as they are now, for pages that do not follow them. */
export function useClusterNow() {
  return useQuery({
    queryKey: [root, "cluster"],
    queryFn: ({ signal }) => api.call(api.routes["burst.cluster"], { signal }),
    refetchInterval: calmMs,
    staleTime: 0,
    retry: false,
  });
}

/** Jobs of one project, or of all that the caller may see with ""; newest first, page by page. */
export function useJobs(project: string) {
  const query = useInfiniteQuery({
    queryKey: [root, "jobs", project],
    queryFn: async ({ signal, pageParam }): Promise<readonly Job[]> =>
      (
        await api.call(api.routes["job.list"], {
          query: {
            limit: pageSize,
            ...(project === "" ? {} : { project }),
            ...(pageParam === "" ? {} : { before: pageParam }),
          },
          signal,
        })
      ).items,
    initialPageParam: "",
    getNextPageParam: olderThan,
    staleTime: 0,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? false : lookAgainMs),
  });
  return { ...query, items: query.data?.pages.flat() };
}

export type JobVerb = "cancel" | "pause" | "resume";

export async function changeJob({ project, job }: InProject, verb: JobVerb): Promise<Job> {
  const changed = await api.call(api.routes[`job.${verb}`], { params: { project, job } });
  await burstChanged();
  return changed;
}

export async function raiseBound({ project, job }: InProject, bound: string): Promise<Job> {
  const changed = await api.call(api.routes["job.raise-bound"], {
    params: { project, job },
    body: { bound },
  });
  await burstChanged();
  return changed;
}

/** Where results are read; signed for some minutes. */
export async function resultUrl(project: string, blob: string): Promise<string | undefined> {
  const { get } = await api.call(api.routes["burst.blobs"], { params: { project }, body: { get: [blob] } });
  const [found] = get;
  if (found?.inline !== undefined) return `data:application/octet-stream;base64,${found.inline}`;
  return found?.url;
}

export async function drainWorker(worker: string): Promise<void> {
  await api.call(api.routes["worker.drain"], { params: { worker } });
}

export async function releaseWorker(worker: string): Promise<void> {
  await api.call(api.routes["worker.release"], { params: { worker } });
}

export function useOffers(project: string) {
  const query = useInfiniteQuery({
    queryKey: [root, "offers", project],
    queryFn: async ({ signal, pageParam }): Promise<readonly Offer[]> =>
      (
        await api.call(api.routes["offer.list"], {
          params: { project },
          query: { limit: pageSize, ...(pageParam === "" ? {} : { before: pageParam }) },
          signal,
        })
      ).items,
    initialPageParam: "",
    getNextPageParam: olderThan,
    staleTime: 0,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? false : calmMs),
  });
  return { ...query, items: query.data?.pages.flat() };
}

export function useOffer(project: string, offer: string | undefined) {
  return useQuery({
    queryKey: [root, "offer", project, offer],
    queryFn: ({ signal }): Promise<Offer> =>
      api.call(api.routes["offer.show"], { params: { project, offer: offer ?? "" }, signal }),
    enabled: offer !== undefined,
    staleTime: 0,
    retry: false,
  });
}

const invoiceQuery = ({ project, job }: InProject) =>
  queryOptions({
    queryKey: [root, "invoice", project, job],
    queryFn: ({ signal }): Promise<Invoice> =>
      api.call(api.routes["invoice.show"], { params: { project, job }, signal }),
    staleTime: 0,
    retry: false,
  });

/** What a burst job cost; there is an invoice when it has ended. */
export function useInvoice(of: InProject, job: Pick<Job, "state" | "mode">) {
  return useQuery({ ...invoiceQuery(of), enabled: job.mode === "burst" && hasEnded(job) });
}

export type Refund = RouteBody<FixedRoutes["invoice.refund"]>;

export async function refundJob(of: InProject, refund: Refund): Promise<void> {
  const after = await api.call(api.routes["invoice.refund"], { params: { ...of }, body: refund });
  queryClient.setQueryData(invoiceQuery(of).queryKey, after);
  await burstChanged();
}

const balanceQuery = (project: string, month?: string) =>
  queryOptions({
    queryKey: [root, "balance", project, month ?? ""],
    queryFn: ({ signal }): Promise<Balance> =>
      api.call(api.routes["ledger.balance"], {
        params: { project },
        query: month === undefined ? {} : { month },
        signal,
      }),
    refetchInterval: calmMs,
    staleTime: 0,
  });

/** Of a month as `2026-11`; of this one when absent. */
export function useBalance(project: string, month?: string) {
  return useQuery(balanceQuery(project, month));
}

export async function setBudget(
  project: string,
  body: RouteBody<FixedRoutes["budget.set"]>,
): Promise<Balance> {
  const after = await api.call(api.routes["budget.set"], { params: { project }, body });
  await burstChanged();
  return after;
}

export function useLedger(project: string) {
  const query = useInfiniteQuery({
    queryKey: [root, "ledger", project],
    queryFn: async ({ signal, pageParam }): Promise<readonly LedgerEntry[]> =>
      (
        await api.call(api.routes["ledger.entries"], {
          params: { project },
          query: { limit: pageSize, ...(pageParam === "" ? {} : { before: pageParam }) },
          signal,
        })
      ).items,
    initialPageParam: "",
    getNextPageParam: olderThan,
    staleTime: 0,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? false : calmMs),
  });
  return { ...query, items: query.data?.pages.flat() };
}

/** Address of a month's usage records; the browser saves them. */
export function exportUrl(project: string, month: string, form: "focus" | "cloudevents"): string {
  return `/v1/projects/${encodeURIComponent(project)}/ledger/export?${new URLSearchParams({ month, form }).toString()}`;
}

/** Plans; live by the feed. */
export function usePlans() {
  const query = useQuery(listQuery(planKind));
  // The list of this kind holds resources of this kind.
  return { ...query, plans: query.data?.items as readonly Plan[] | undefined };
}

/** Writes a plan. A new one must not be there yet; one that is changed must be as it was read. */
export async function savePlan(name: string, spec: PlanSpec, before: Plan | undefined): Promise<void> {
  const ifRevision = before === undefined ? "absent" : before.revision;
  const labels = before?.labels ?? {};
  await api.apply(planKind, { name, labels, spec: { ...spec } }, { ifRevision });
  await queryClient.invalidateQueries({ queryKey: listQuery(planKind).queryKey });
}

export async function deletePlan(name: string): Promise<void> {
  await api.delete(planKind, { name });
  await queryClient.invalidateQueries({ queryKey: listQuery(planKind).queryKey });
}

/** A token with which machines work for one project. Its secret is shown once. */
export async function createJoinToken(project: string, expiresInSeconds: number): Promise<string> {
  const { secret } = await api.call(api.routes["token.create"], {
    body: { name: `workers-${project}`.slice(0, 63), project, role: "operator", expiresInSeconds },
  });
  await queryClient.invalidateQueries({ queryKey: ["tokens"] });
  return secret;
}

/** After something was done that moves jobs or money. */
async function burstChanged(): Promise<void> {
  await queryClient.invalidateQueries({ queryKey: [root] });
}

function olderThan(last: readonly { readonly id: string }[]): string | undefined {
  return last.length < pageSize ? undefined : last.at(-1)?.id;
}

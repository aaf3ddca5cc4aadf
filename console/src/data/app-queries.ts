import { useQueries, useQuery } from "@tanstack/react-query";
import type { AppPlan } from "#api/apps.ts";
import type { KindDefinition } from "#api/kind.ts";
import { appKind, type AppSpec, type AppStatus } from "#api/kinds/app.ts";
import { instanceKind, type InstanceSpec, type InstanceStatus } from "#api/kinds/instance.ts";
import { packageKind, type PackageSpec, type PackageStatus } from "#api/kinds/package.ts";
import { releaseKind, type ReleaseSpec, type ReleaseStatus } from "#api/kinds/release.ts";
import { routeKind, type RouteSpec, type RouteStatus } from "#api/kinds/route.ts";
import { secretKind, type SecretSpec, type SecretStatus } from "#api/kinds/secret.ts";
import { volumeKind, type VolumeSpec, type VolumeStatus } from "#api/kinds/volume.ts";
import type { Resource } from "#api/resource.ts";
import { api } from "#console/data/api.ts";
import { listQuery } from "#console/data/queries.ts";

/** What people see of a project's applications; every list is live by the feed. */
export type App = Resource<AppSpec, AppStatus>;
export type Release = Resource<ReleaseSpec, ReleaseStatus>;
export type Instance = Resource<InstanceSpec, InstanceStatus>;
export type Package = Resource<PackageSpec, PackageStatus>;
export type AppRoute = Resource<RouteSpec, RouteStatus>;
export type Volume = Resource<VolumeSpec, VolumeStatus>;
export type Secret = Resource<SecretSpec, SecretStatus>;

/** Lists that are read for one page; who has more projects chooses one. */
export const maxProjectsAtOnce = 40;
const topMs = 2000;

/** A list of one kind in one project. The list of a kind holds resources of that kind: callers say of which. */
export function useProjectList(kind: KindDefinition, project: string): Listed<Resource> {
  const { data, error, refetch } = useQuery({ ...listQuery(kind, project), enabled: project !== "" });
  return { items: data?.items, error, refetch };
}

/** `items` is undefined until they are read. */
export interface Listed<R> {
  readonly items: readonly R[] | undefined;
  readonly error: Error | null;
  readonly refetch: () => Promise<unknown>;
}

export function useApps(project: string): Listed<App> {
  return useProjectList(appKind, project) as Listed<App>; // by the kind
}

export function useReleases(project: string): Listed<Release> {
  return useProjectList(releaseKind, project) as Listed<Release>; // by the kind
}

export function useInstances(project: string): Listed<Instance> {
  return useProjectList(instanceKind, project) as Listed<Instance>; // by the kind
}

export function usePackages(project: string): Listed<Package> {
  return useProjectList(packageKind, project) as Listed<Package>; // by the kind
}

export function useRoutes(project: string): Listed<AppRoute> {
  return useProjectList(routeKind, project) as Listed<AppRoute>; // by the kind
}

export function useVolumes(project: string): Listed<Volume> {
  return useProjectList(volumeKind, project) as Listed<Volume>; // by the kind
}

export function useSecrets(project: string): Listed<Secret> {
  return useProjectList(secretKind, project) as Listed<Secret>; // by the kind
}

/** One kind's resources of several projects together; undefined until all that can be read are there. */
export function useListsOf(kind: KindDefinition, projects: readonly string[]): Listed<Resource> {
  return useQueries({
    queries: projects.slice(0, maxProjectsAtOnce).map((project) => listQuery(kind, project)),
    combine: (results) => ({
      items: results.some(({ data, error }) => data === undefined && error === null)
        ? undefined
        : results.flatMap(({ data }) => data?.items ?? []),
      error: results.find(({ error }) => error !== null)?.error ?? null,
      refetch: () => Promise.all(results.map((result) => result.refetch())),
    }),
  });
}

export function useAppsOf(projects: readonly string[]): Listed<App> {
  return useListsOf(appKind, projects) as Listed<App>; // by the kind
}

export function usePackagesOf(projects: readonly string[]): Listed<Package> {
  return useListsOf(packageKind, projects) as Listed<Package>; // by the kind
}

/** What each instance of an app uses now. */
export function useTop(project: string, app: string, enabled: boolean) {
  return useQuery({
    queryKey: ["top", project, app],
    queryFn: async ({ signal }) =>
      (await api.call(api.routes["app.top"], { params: { project, name: app }, signal })).items,
    refetchInterval: topMs,
    staleTime: 0,
    retry: false,
    enabled,
  });
}

/** What an apply of this spec would do; asked anew for every spec. */
export function usePlan(project: string, name: string, spec: AppSpec | undefined) {
  return useQuery({
    queryKey: ["plan", project, name, spec],
    queryFn: ({ signal }): Promise<AppPlan> => planApp(project, name, spec, signal),
    staleTime: 0,
    gcTime: 0,
    retry: false,
    enabled: spec !== undefined && name !== "" && project !== "",
    placeholderData: (before) => before,
  });
}

export async function planApp(
  project: string,
  name: string,
  spec: AppSpec | undefined,
  signal?: AbortSignal,
): Promise<AppPlan> {
  return await api.call(api.routes["app.plan"], {
    params: { project, name },
    body: { spec: spec ?? { package: "" } },
    ...(signal === undefined ? {} : { signal }),
  });
}

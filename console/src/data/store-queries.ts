import { queryOptions, useQuery } from "@tanstack/react-query";
import { driveKind, type DriveSpec, type DriveStatus } from "#api/kinds/drive.ts";
import type { Operation } from "#api/records.ts";
import type { Resource } from "#api/resource.ts";
import type { RouteBody } from "#api/route.ts";
import type { FixedRoutes } from "#api/routes.ts";
import { api } from "#console/data/api.ts";
import { queryClient } from "#console/data/cache.ts";
import { listQuery } from "#console/data/queries.ts";

export type Drive = Resource<DriveSpec, DriveStatus>;
export type StoreWork = RouteBody<FixedRoutes["object-store.work"]>["work"];
export type Drill = RouteBody<FixedRoutes["drive.drill"]>;

/** What the store measures does not come by the feed: it is asked for while somebody looks. */
const lookAgainMs = 2000;

const drivesNow = queryOptions({
  queryKey: ["drives-now"],
  queryFn: async ({ signal }) => (await api.call(api.routes["object-store.drives"], { signal })).items,
  refetchInterval: lookAgainMs,
  staleTime: 0,
  retry: false,
});

/** Whether the store serves and what could still fail, as it is now. */
export function useStoreNow() {
  return useQuery({
    queryKey: ["object-store"],
    queryFn: ({ signal }) => api.call(api.routes["object-store.status"], { signal }),
    refetchInterval: lookAgainMs,
    staleTime: 0,
  });
}

/** The drives as the store sees them. */
export function useDrivesNow(enabled: boolean) {
  return useQuery({ ...drivesNow, enabled });
}

/** The drives as they are wanted; live. Some of them are not in the store yet, or were refused. */
export function useDriveResources(enabled: boolean) {
  const query = useQuery({ ...listQuery(driveKind), enabled });
  // The list of this kind holds resources of this kind.
  return query.data?.items as readonly Drive[] | undefined;
}

export async function addDrive(name: string, spec: { readonly path: string; readonly title: string }) {
  await api.apply(driveKind, { name, spec: { ...spec } }, { ifRevision: "absent" });
  await drivesChanged();
}

export async function setWanted(name: string, wanted: DriveSpec["wanted"]): Promise<void> {
  await api.patch(driveKind, { name }, { spec: { wanted } });
  await drivesChanged();
}

export async function removeDrive(name: string): Promise<void> {
  await api.delete(driveKind, { name });
  await drivesChanged();
}

export async function startDrill(name: string, drill: Drill): Promise<void> {
  await api.call(api.routes["drive.drill"], { params: { name }, body: drill });
  await drivesChanged();
}

export async function endDrill(name: string): Promise<void> {
  await api.call(api.routes["drive.end-drill"], { params: { name } });
  await drivesChanged();
}

export async function startWork(work: StoreWork): Promise<Operation> {
  return await api.call(api.routes["object-store.work"], { body: { work } });
}

async function drivesChanged(): Promise<void> {
  await queryClient.invalidateQueries({ queryKey: drivesNow.queryKey });
}

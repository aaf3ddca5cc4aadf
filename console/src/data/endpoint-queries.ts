import { queryOptions, useQuery } from "@tanstack/react-query";
import type { NotificationEndpoint } from "#api/objects.ts";
import type { RouteBody } from "#api/route.ts";
import type { FixedRoutes } from "#api/routes.ts";
import { api } from "#console/data/api.ts";
import { queryClient } from "#console/data/cache.ts";

const endpointsQuery = queryOptions({
  queryKey: ["object-endpoints"],
  queryFn: async ({ signal }) => (await api.call(api.routes["object-store.endpoints"], { signal })).items,
  refetchInterval: 5_000,
  staleTime: 0,
});

/** Where events of buckets are sent; for owners. */
export function useEndpoints() {
  return useQuery(endpointsQuery);
}

/** Its answer has the secret, this once. */
export async function putEndpoint(
  params: Pick<NotificationEndpoint, "project" | "name">,
  body: RouteBody<FixedRoutes["object-store.put-endpoint"]>,
) {
  const made = await api.call(api.routes["object-store.put-endpoint"], { params, body });
  await queryClient.invalidateQueries({ queryKey: endpointsQuery.queryKey });
  return made;
}

export async function removeEndpoint({ project, name }: NotificationEndpoint): Promise<void> {
  await api.call(api.routes["object-store.remove-endpoint"], { params: { project, name } });
  await queryClient.invalidateQueries({ queryKey: endpointsQuery.queryKey });
}

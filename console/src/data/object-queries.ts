import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { bucketKind, type BucketSpec, type BucketStatus } from "#api/kinds/bucket.ts";
import { keyKind, type KeySpec, type KeyStatus } from "#api/kinds/key.ts";
import type { BucketConfig, ListedObject, ObjectDetail } from "#api/objects.ts";
import type { Resource } from "#api/resource.ts";
import { api } from "#console/data/api.ts";
import { useListsOf, useProjectList, type Listed } from "#console/data/app-queries.ts";
import { queryClient } from "#console/data/cache.ts";

export type Bucket = Resource<BucketSpec, BucketStatus>;
export type Key = Resource<KeySpec, KeyStatus>;

/** Which bucket: by its resource. */
export interface InBucket {
  readonly project: string;
  readonly name: string;
}

const pageSize = 200;
/** What lies in a bucket does not come by the feed: it is asked for again while somebody looks at its first page. */
const lookAgainMs = 10_000;

export function useBuckets(project: string): Listed<Bucket> {
  return useProjectList(bucketKind, project) as Listed<Bucket>; // by the kind
}

export function useBucketsOf(projects: readonly string[]): Listed<Bucket> {
  return useListsOf(bucketKind, projects) as Listed<Bucket>; // by the kind
}

export function useKeys(project: string): Listed<Key> {
  return useProjectList(keyKind, project) as Listed<Key>; // by the kind
}

export function useStoreStatus() {
  return useQuery({
    queryKey: ["object-store"],
    queryFn: ({ signal }) => api.call(api.routes["object-store.status"], { signal }),
    staleTime: lookAgainMs,
  });
}

/** One folder's objects, or all versions of what begins with `prefix`; page by page. */
export function useObjects(bucket: InBucket, prefix: string, versions = false) {
  const query = useInfiniteQuery({
    queryKey: ["objects", bucket.project, bucket.name, versions, prefix],
    queryFn: ({ signal, pageParam }) =>
      api.call(api.routes["bucket.objects"], {
        params: paramsOf(bucket),
        query: {
          prefix,
          delimiter: versions ? "" : "/",
          after: pageParam,
          limit: pageSize,
          versions: versions ? "true" : "false",
        },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: (last) => last.next,
    staleTime: 0,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? false : lookAgainMs),
  });
  const items: readonly ListedObject[] | undefined = query.data?.pages.flatMap((page) => page.items);
  return { ...query, items };
}

export function useObject(bucket: InBucket, key: string, versionId: string | undefined, verify: boolean) {
  return useQuery({
    queryKey: ["object", bucket.project, bucket.name, key, versionId, verify],
    queryFn: ({ signal }): Promise<ObjectDetail> =>
      api.call(api.routes["bucket.object"], {
        params: paramsOf(bucket),
        query: {
          key,
          verify: verify ? "true" : "false",
          ...(versionId === undefined ? {} : { versionId }),
        },
        signal,
      }),
    staleTime: 0,
    retry: false,
    placeholderData: (before) => (before?.key === key ? before : undefined),
  });
}

export function useBucketConfig(bucket: InBucket) {
  return useQuery({
    queryKey: configKey(bucket),
    queryFn: ({ signal }): Promise<BucketConfig> =>
      api.call(api.routes["bucket.config"], { params: paramsOf(bucket), signal }),
    staleTime: 0,
  });
}

export async function configureBucket(
  bucket: InBucket,
  change: Partial<BucketConfig>,
): Promise<BucketConfig> {
  const params = paramsOf(bucket);
  const after = await api.call(api.routes["bucket.configure"], { params, body: change });
  queryClient.setQueryData(configKey(bucket), after);
  return after;
}

/** After something was written or deleted: lists and details are asked for again. */
export async function objectsChanged(bucket: InBucket): Promise<void> {
  await Promise.all(
    ["objects", "object"].map((part) =>
      queryClient.invalidateQueries({ queryKey: [part, bucket.project, bucket.name] }),
    ),
  );
}

export function paramsOf({ project, name }: InBucket) {
  return { project, name };
}

function configKey(bucket: InBucket) {
  return ["bucket-config", bucket.project, bucket.name];
}

import type { Attribution } from "#api/actor.ts";
import type { SignedManifest } from "#api/burst-package.ts";
import type { Cluster, Job, JobProgress } from "#api/burst.ts";
import type { RouteAnswer, RouteBody, RouteQuery } from "#api/route.ts";
import type { FixedRoutes } from "#api/routes.ts";

type Answer<Id extends keyof FixedRoutes> = RouteAnswer<FixedRoutes[Id]>;
type Body<Id extends keyof FixedRoutes> = RouteBody<FixedRoutes[Id]>;
type Query<Id extends keyof FixedRoutes> = RouteQuery<FixedRoutes[Id]>;
type MaySee = (project: string | undefined) => boolean;

/** Who a worker's credential says that it is. */
export interface WorkerRights {
  readonly who: string;
  /** Whom a worker works for that names no project and may not work for all: the only one of whose operators it is. */
  readonly onlyProject?: string | undefined;
  /** The trust that it has for jobs of this project, or of all when absent; undefined when it may not work for them. */
  trust(project: string | undefined): "own" | "pool" | "volunteer" | undefined;
}

/** One end of a worker's WebSocket. */
interface WorkerPeer {
  readonly signal: AbortSignal;
  readonly messages: AsyncIterable<
    { readonly type: "text"; readonly text: string } | { readonly type: "bytes" }
  >;
  sendText(text: string): Promise<void>;
}

/** Jobs, graphs, blobs, packages and workers of burst. What needs the scheduler throws `unavailable` where another process leads. */
export interface BurstService {
  putGraph(
    project: string,
    upload: AsyncIterable<Uint8Array>,
    by: Attribution,
  ): Promise<Answer<"burst.put-graph">>;
  putFile(
    project: string,
    upload: AsyncIterable<Uint8Array>,
    by: Attribution,
  ): Promise<Answer<"burst.put-file">>;
  file(project: string, sha256: string): Promise<Uint8Array>;
  /** Throws `forbidden` with what is wrong with the package, and `precondition-failed` for an old one that may not come back. */
  admit(
    project: string,
    signed: SignedManifest,
    options: { readonly mayGoBack: boolean; readonly by: Attribution },
  ): Promise<string>;
  /** By the data center's own key. Throws `unavailable` where it has none. */
  sign(manifest: string, by: Attribution): Promise<SignedManifest>;
  publicKey(): string;
  manifest(project: string, hash: string): Promise<SignedManifest>;
  blobs(project: string, request: Body<"burst.blobs">): Promise<Answer<"burst.blobs">>;
  create(request: Body<"job.create"> & { readonly project: string }, by: Attribution): Promise<Job>;
  get(project: string, job: string): Promise<Job>;
  list(query: {
    readonly projects: readonly string[] | undefined;
    readonly before?: string | undefined;
    readonly limit: number;
  }): Promise<Job[]>;
  tasks(project: string, job: string, query: Query<"job.tasks">): Promise<Answer<"job.tasks">>;
  results(project: string, job: string): Promise<Answer<"job.results">>;
  watch(project: string, job: string, signal: AbortSignal): AsyncIterable<JobProgress>;
  cancel(project: string, job: string, by: Attribution): Promise<Job>;
  pause(project: string, job: string, by: Attribution): Promise<Job>;
  resume(project: string, job: string, by: Attribution): Promise<Job>;
  raiseBound(project: string, job: string, bound: bigint, by: Attribution): Promise<Job>;
  /** Throws `unavailable` where another process leads, or none. */
  ready(): Promise<void>;
  cluster(maySee: MaySee): Promise<Cluster>;
  watchCluster(maySee: MaySee, signal: AbortSignal): AsyncIterable<Cluster>;
  connect(peer: WorkerPeer, rights: WorkerRights): Promise<void>;
  drain(worker: string): Promise<void>;
  release(worker: string, by: Attribution): Promise<void>;
}

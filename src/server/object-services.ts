import type { Attribution } from "#api/actor.ts";
import type { Operation } from "#api/records.ts";
import type { Resource } from "#api/resource.ts";
import type { RouteAnswer, RouteBody, RouteQuery } from "#api/route.ts";
import type { FixedRoutes } from "#api/routes.ts";
import type { InProject } from "./app-services.ts";

type Answer<Id extends keyof FixedRoutes> = RouteAnswer<FixedRoutes[Id]>;
type Body<Id extends keyof FixedRoutes> = RouteBody<FixedRoutes[Id]>;
type Query<Id extends keyof FixedRoutes> = RouteQuery<FixedRoutes[Id]>;

/** The object store. All but `status` throw `unavailable` where there is none, and `not-found` for what is named and not there. */
export interface ObjectsService {
  status(): Promise<Answer<"object-store.status">>;
  drives(): Promise<Answer<"object-store.drives">["items"]>;
  /** Throws `busy` while work of the kind runs. */
  work(work: Body<"object-store.work">["work"], by: Attribution): Promise<Operation>;
  endpoints(): Promise<Answer<"object-store.endpoints">["items"]>;
  /** Throws `invalid` for an address that events may not be sent to. */
  putEndpoint(
    endpoint: InProject,
    request: Body<"object-store.put-endpoint">,
    by: Attribution,
  ): Promise<Answer<"object-store.put-endpoint">>;
  removeEndpoint(endpoint: InProject, by: Attribution): Promise<void>;
  drill(drive: string, request: Body<"drive.drill">, by: Attribution): Promise<void>;
  endDrill(drive: string, by: Attribution): Promise<void>;
  issue(key: InProject, request: Body<"key.issue">, by: Attribution): Promise<Answer<"key.issue">>;
  revoke(key: InProject, accessKeyId: string | undefined, by: Attribution): Promise<Resource>;
  list(bucket: InProject, query: Query<"bucket.objects">): Promise<Answer<"bucket.objects">>;
  show(bucket: InProject, query: Query<"bucket.object">): Promise<Answer<"bucket.object">>;
  /** `may`: whether the addresses may change something. Throws `invalid` for one that may not be given. */
  urls(
    bucket: InProject,
    request: Body<"bucket.read-urls">,
    may: "read" | "write",
  ): Promise<Answer<"bucket.read-urls">>;
  remove(
    bucket: InProject,
    targets: Body<"bucket.delete-objects">["targets"],
    by: Attribution,
  ): Promise<Answer<"bucket.delete-objects">>;
  config(bucket: InProject): Promise<Answer<"bucket.config">>;
  configure(
    bucket: InProject,
    change: Body<"bucket.configure">,
    by: Attribution,
  ): Promise<Answer<"bucket.config">>;
}

import type { AppSpec, AppStatus } from "#api/kinds/app.ts";
import type { BucketSpec, BucketStatus } from "#api/kinds/bucket.ts";
import type { InstanceSpec, InstanceStatus } from "#api/kinds/instance.ts";
import type { KeySpec, KeyStatus } from "#api/kinds/key.ts";
import type { PackageSpec, PackageStatus } from "#api/kinds/package.ts";
import type { ReleaseSpec, ReleaseStatus } from "#api/kinds/release.ts";
import type { RouteSpec, RouteStatus } from "#api/kinds/route.ts";
import type { SecretSpec, SecretStatus } from "#api/kinds/secret.ts";
import type { VolumeSpec, VolumeStatus } from "#api/kinds/volume.ts";
import type { Operation } from "#api/records.ts";
import type { Resource, ResourceKey } from "#api/resource.ts";
import type { Addresses, InstanceTraffic } from "./ports.ts";

export type App = Resource<AppSpec, AppStatus>;
export type Release = Resource<ReleaseSpec, ReleaseStatus>;
export type Instance = Resource<InstanceSpec, InstanceStatus>;
export type Package = Resource<PackageSpec, PackageStatus>;
export type Route = Resource<RouteSpec, RouteStatus>;
export type Secret = Resource<SecretSpec, SecretStatus>;
export type Volume = Resource<VolumeSpec, VolumeStatus>;
export type Bucket = Resource<BucketSpec, BucketStatus>;
export type Key = Resource<KeySpec, KeyStatus>;

/** Where a component can run, or why nowhere. */
export type Placement =
  | { readonly can: true; readonly engine: string; readonly machine: string }
  | { readonly can: false; readonly reason: string };

/** A hook that this process began; what an earlier process began is in the release's status alone. */
export interface HookRun {
  readonly state: "running" | "done" | "failed";
  readonly detail?: string;
}

/** What a pass knows of one app. */
export interface AppObserved {
  readonly key: ResourceKey;
  /** Absent once it is gone. */
  readonly app?: App;
  /** By number, oldest first. */
  readonly releases: readonly Release[];
  readonly instances: readonly Instance[];
  /** Packages of the project that the app and its releases name, by name. */
  readonly packages: ReadonlyMap<string, Package>;
  /** Of the project, by name: those that the app names or would name. */
  readonly volumes: ReadonlyMap<string, Volume>;
  readonly secrets: ReadonlyMap<string, Secret>;
  readonly buckets: ReadonlyMap<string, Bucket>;
  readonly keys: ReadonlyMap<string, Key>;
  readonly routes: ReadonlyMap<string, Route>;
  /** Routes that the app owns. */
  readonly ownedRoutes: readonly Route[];
  /** Of instances that drain or that a rollout watches. */
  readonly traffic: ReadonlyMap<string, InstanceTraffic>;
  /** By component of the newest release and of the last good one: `RELEASE/COMPONENT`. */
  readonly placements: ReadonlyMap<string, Placement>;
  /** By `RELEASE/HOOK`. */
  readonly hooks: ReadonlyMap<string, HookRun>;
  /** The operation that shows the deployment, while it runs. */
  readonly operation?: Operation;
  /** Who changed the app last. */
  readonly by: string;
  /** Why the last pass could not start an instance: a quota, a name. */
  readonly note?: string;
  readonly addresses: Pick<Addresses, "domain" | "url">;
}

import type { AppSpec, AppStatus } from "#api/kinds/app.ts";
import type { CertificateSpec, CertificateStatus } from "#api/kinds/certificate.ts";
import type { InstanceSpec, InstanceStatus } from "#api/kinds/instance.ts";
import type { RouteSpec, RouteStatus } from "#api/kinds/route.ts";
import type { Resource } from "#api/resource.ts";

export type Route = Resource<RouteSpec, RouteStatus>;
export type App = Resource<AppSpec, AppStatus>;
export type Instance = Resource<InstanceSpec, InstanceStatus>;
export type Certificate = Resource<CertificateSpec, CertificateStatus>;

/** An HTTP-01 challenge and what it is answered with (RFC 8555 section 8.3). */
export interface Challenge {
  readonly host: string;
  readonly token: string;
  readonly answer: string;
}

/** Everything that a snapshot is made from. */
export interface TrafficFacts {
  readonly routes: readonly Route[];
  readonly apps: readonly App[];
  readonly instances: readonly Instance[];
  readonly certificates: readonly Certificate[];
}

/** What the planner is told of this data center. */
export interface TrafficPlace {
  /** Names right below it are given to apps without a host of their own, so nobody may take all of them. */
  readonly domain: string;
  /** Names under which the API and the console are reached, beside loopback and plain addresses. */
  readonly ownHosts?: readonly string[];
  /** Certificate for names that have none of their own, by its fingerprint; absent while there is none. */
  readonly fallbackCertificate?: { readonly hosts: readonly string[]; readonly fingerprint: string };
  /** Addresses that a browser can open, https first. */
  urls(host: string, path: string): readonly string[];
}

/** The project of a resource that lives in one. */
export function projectOf(resource: { readonly project?: string }): string {
  return resource.project ?? "";
}

/** Oldest first; of the same moment, by id. */
export function byAge(a: Resource<unknown, unknown>, b: Resource<unknown, unknown>): number {
  return compareText(a.createdAt, b.createdAt) || compareText(a.id, b.id);
}

/** By UTF-16 code units: the same everywhere, whatever the locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

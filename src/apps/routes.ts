import type { AppSpec } from "#api/kinds/app.ts";
import { routeSpecSchema, type RouteSpec } from "#api/kinds/route.ts";
import type { Component, Manifest } from "#api/manifest.ts";
import { ownMember } from "#lib/json.ts";
import { label, routeName } from "./names.ts";

/** A label of a host name (RFC 1035). */
const maxHostLabel = 63;

export interface WantedRoute {
  readonly name: string;
  /** Name of the route in the package. */
  readonly route: string;
  readonly isPrimary: boolean;
  readonly path: string;
  readonly spec: RouteSpec;
}

/** The routes that an app owns, the primary one first. Host names are the user's, or made from the app's name. */
export function wantedRoutes(input: {
  readonly app: string;
  readonly project: string;
  readonly spec: AppSpec;
  readonly manifest: Manifest;
  readonly components: ReadonlyMap<string, Component>;
  readonly domain: string;
}): readonly WantedRoute[] {
  const { app, spec, manifest, components } = input;
  const primary = primaryRoute(manifest);
  return Object.entries(manifest.routes)
    .map(([route, declared]): WantedRoute => {
      const isPrimary = route === primary;
      const given = ownMember(spec.hosts, route) ?? [];
      const hosts = given.length > 0 ? given : [`${hostLabel(input, route, isPrimary)}.${input.domain}`];
      const { policy, path } = declared;
      const probed = components.get(declared.component)?.health.readiness?.http?.path;
      const healthPath = policy.health.path ?? probed;
      return {
        name: routeName(app, route, isPrimary),
        route,
        isPrimary,
        path,
        spec: routeSpecSchema.parse({
          hosts,
          path: { prefix: path },
          backends: [{ app, component: declared.component }],
          policy:
            healthPath === undefined ? policy : { ...policy, health: { ...policy.health, path: healthPath } },
        }),
      };
    })
    .toSorted((a, b) => Number(b.isPrimary) - Number(a.isPrimary));
}

/** The one that is called so, or else the first. */
function primaryRoute({ routes }: Manifest): string | undefined {
  const named = Object.entries(routes).find(([, route]) => route.primary)?.[0];
  return named ?? Object.keys(routes)[0];
}

/** Apps of the project `default` have the short names. */
function hostLabel(
  { app, project }: { readonly app: string; readonly project: string },
  route: string,
  isPrimary: boolean,
): string {
  const base = project === "default" ? app : `${app}-${project}`;
  return label(isPrimary ? base : `${route}-${base}`, maxHostLabel);
}

import type { Incident, Receipt } from "#api/incidents.ts";
import type { RouteAnswer, RouteBody } from "#api/route.ts";
import type { FixedRoutes } from "#api/routes.ts";
import type { InProject } from "./app-services.ts";

/** Incidents, as the status process knows them. Everything throws `unavailable` when it does not answer. */
export interface IncidentsService {
  list(): Promise<readonly Incident[]>;
  /** Throws `not-found` for an incident that nobody posted by hand. */
  say(said: RouteBody<FixedRoutes["incident.say"]>): Promise<Incident>;
  mine(project: string): Promise<RouteAnswer<FixedRoutes["incident.mine"]>>;
  receipts(project: string, incident?: string): Promise<readonly Receipt[]>;
  test(subscription: InProject): Promise<RouteAnswer<FixedRoutes["subscription.test"]>>;
  page(): Promise<string>;
}

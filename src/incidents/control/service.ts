import { VdcError } from "#api/errors.ts";
import type { Incident } from "#api/incidents.ts";
import type { RouteAnswer, RouteBody } from "#api/route.ts";
import type { FixedRoutes } from "#api/routes.ts";
import { concerns, ownBuckets } from "#incidents/deliveries.ts";
import type { ResourceStore } from "#store/store.ts";
import type { StatusHere } from "./ports.ts";

const absent = new VdcError("unavailable", "there is no status process here: start with `vdc up`");

/** `IncidentsService` of the server. */
export function createIncidentsService(options: {
  readonly status: StatusHere | undefined;
  readonly resources: ResourceStore;
}) {
  const { resources } = options;
  const here = (): StatusHere => {
    if (options.status === undefined) throw absent;
    return options.status;
  };
  return {
    list: async () => await here().incidents(),
    page: async () => await here().page(),
    receipts: async (project: string, incident?: string) =>
      await here().receipts({ project, ...(incident === undefined ? {} : { incident }) }),
    say: async (said: RouteBody<FixedRoutes["incident.say"]>): Promise<Incident> => {
      const { id, title, text, component, effects, impact, status, projects } = said;
      const affected = {
        everyone: projects.length === 0,
        projects: projects.map((project) => ({ project, buckets: [] })),
      };
      const incident = { title, component, effects, impact, status, affected };
      const posted = await here().say({ ...(id === undefined ? {} : { id }), incident, text });
      if (posted === undefined)
        throw new VdcError("not-found", "nobody posted an incident of that id by hand, or too many are open");
      return posted;
    },
    mine: async (project: string): Promise<RouteAnswer<FixedRoutes["incident.mine"]>> => {
      const all = await here().incidents();
      return {
        items: all.flatMap((incident) => asSeenBy(project, incident)),
        page: await here().page(project),
      };
    },
    test: async ({ project, name }: { readonly project: string; readonly name: string }) => {
      const subscription = await resources.get({ kind: "subscription", project, name });
      if (subscription === undefined)
        throw new VdcError("not-found", `there is no subscription ${name} in project ${project}`);
      const outcome = await here().test(subscription.id);
      if (outcome === undefined)
        throw new VdcError("unavailable", "the status process does not know it yet; try again in a moment");
      return { ok: outcome.ok, answer: outcome.answer };
    },
  };
}

/** Without what concerns others: their names, and what only operators read. */
function asSeenBy(project: string, incident: Incident): readonly Incident[] {
  const subscriber = {
    id: "",
    project,
    buckets: [],
    minimumImpact: "none" as const,
    channel: { type: "email" as const, to: "" },
  };
  if (!concerns(incident, subscriber)) return [];
  const { everyone } = incident.affected;
  const buckets = [...ownBuckets(incident, subscriber)];
  const projects = everyone && buckets.length === 0 ? [] : [{ project, buckets }];
  return [{ ...incident, affected: { everyone, projects }, details: [] }];
}

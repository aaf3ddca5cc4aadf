import type { HandlersFor } from "../handler.ts";
import type { Services } from "../services.ts";

/** Incidents: what is, what was sent to whom. */
export function incidentHandlers({
  incidents,
}: Services): HandlersFor<
  | "incident.list"
  | "incident.say"
  | "incident.mine"
  | "incident.receipts"
  | "subscription.test"
  | "status.page"
> {
  return {
    "incident.list": async () => ({ items: [...(await incidents.list())] }),
    "incident.say": async ({ body }) => await incidents.say(body),
    "incident.mine": async ({ params }) => await incidents.mine(params.project),
    "incident.receipts": async ({ params, query }) => ({
      items: [...(await incidents.receipts(params.project, query.incident))],
    }),
    "subscription.test": async ({ params }) => await incidents.test(params),
    "status.page": async () => ({ url: await incidents.page() }),
  };
}

import { VdcError } from "#api/errors.ts";
import type { HandlersFor } from "../handler.ts";
import type { Services } from "../services.ts";
import { eventsOf } from "./events-of.ts";
import { execHandler } from "./exec.ts";

/** Apps, and what runs of them. */
export function appHandlers({
  apps,
  traffic,
  store,
}: Services): HandlersFor<
  | "engine.list"
  | "app.plan"
  | "app.rollback"
  | "app.restart"
  | "app.backup"
  | "app.restore"
  | "app.backups"
  | "app.logs"
  | "app.top"
  | "app.traffic"
  | "app.requests"
  | "instance.exec"
> {
  const requireApp = async ({ project, name }: { readonly project: string; readonly name: string }) => {
    if ((await store.resources.get({ kind: "app", project, name })) === undefined)
      throw new VdcError("not-found", `There is no app '${name}' in project '${project}'.`);
  };
  return {
    "engine.list": async () => ({ items: [...(await apps.engines())] }),
    "app.plan": async ({ params, body }) => await apps.plan(params, body.spec),
    "app.rollback": async ({ params, body, by }) => await apps.rollback(params, body.to, by),
    "app.restart": async ({ params, body, by }) => await apps.restart(params, body.component, by),
    "app.backup": async ({ params, by }) => await apps.backup(params, by),
    "app.restore": async ({ params, body, by }) => await apps.restore(params, body.backup, by),
    "app.backups": async ({ params }) => ({ items: [...(await apps.backups(params))] }),
    "app.logs": async ({ params, query }) => {
      await requireApp(params);
      const wanted = { ...query, follow: query.follow === "true" };
      return async (stream) => {
        await eventsOf("line", await apps.logs(params, wanted, stream.signal), stream);
        await stream.send("event: end\ndata: {}\n\n");
      };
    },
    "app.top": async ({ params, signal }) => {
      await requireApp(params);
      return { items: [...(await apps.top(params, signal))] };
    },
    "app.traffic": async ({ params }) => {
      await requireApp(params);
      return async (stream) => await eventsOf("sample", traffic.samples(params, stream.signal), stream);
    },
    "app.requests": async ({ params }) => {
      await requireApp(params);
      return async (stream) => await eventsOf("request", traffic.requests(params, stream.signal), stream);
    },
    "instance.exec": execHandler({ apps, store }),
  };
}

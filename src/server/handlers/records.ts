import { roleAtLeast } from "#api/access.ts";
import { VdcError } from "#api/errors.ts";
import type { Operation } from "#api/records.ts";
import type { Principal } from "#control/auth/principal.ts";
import type { HandlersFor } from "../handler.ts";
import type { Services } from "../services.ts";
import { viewableProjects } from "../watch/require-project.ts";
import { isActor, mayViewEvent, mayViewOperation } from "../watch/visibility.ts";
import { watchHandler } from "../watch/watch.ts";

export function recordHandlers(
  services: Services,
): HandlersFor<
  | "watch"
  | "event.list"
  | "operation.list"
  | "operation.get"
  | "operation.cancel"
  | "audit.list"
  | "audit.verify"
> {
  const { store, operations } = services;
  return {
    watch: watchHandler({ feed: store.feed, kinds: services.kinds, rolesSeen: services.rolesSeen }),
    "event.list": async ({ principal, query }) => {
      const projects = viewableProjects(principal, query.project);
      if (projects?.length === 0) return { items: [] };
      const items = await store.events.list({
        limit: query.limit,
        ...(projects === undefined ? {} : { projects }),
        ...(query.before === undefined ? {} : { before: query.before }),
        ...subjectOf(query),
      });
      return { items: items.filter((event) => mayViewEvent(principal, event)) };
    },
    "operation.list": async ({ principal, query }) => {
      const projects = viewableProjects(principal, query.project);
      if (projects?.length === 0) return { items: [] };
      const items = await store.operations.list({
        limit: query.limit,
        ...(projects === undefined ? {} : { projects }),
        ...(query.state === undefined ? {} : { states: [query.state] }),
        ...(query.before === undefined ? {} : { before: query.before }),
      });
      return { items: items.filter((operation) => mayViewOperation(principal, operation)) };
    },
    "operation.get": async ({ principal, params }) =>
      await visibleOperation(services, principal, params["operation"] ?? ""),
    "operation.cancel": async ({ principal, params }) => {
      const operation = await visibleOperation(services, principal, params["operation"] ?? "");
      if (!mayCancel(principal, operation))
        throw new VdcError(
          "forbidden",
          "Only whoever began it, an operator of its project, or an owner of the data center may cancel it.",
        );
      return await operations.cancel(operation.id);
    },
    "audit.list": async ({ query }) => ({
      items: [
        ...(await store.audit.list({
          limit: query.limit,
          ...(query.project === undefined ? {} : { projects: [query.project] }),
          ...(query.before === undefined ? {} : { before: query.before }),
        })),
      ],
    }),
    "audit.verify": async ({ by }) => await services.verifyAudit(by),
  };
}

function subjectOf(query: { readonly kind?: string | undefined; readonly name?: string | undefined }) {
  const { kind, name } = query;
  if (kind !== undefined) return { subject: { kind, ...(name === undefined ? {} : { name }) } };
  if (name === undefined) return {};
  const message = "a name needs a kind: names are unique within a kind only; give both kind and name";
  throw new VdcError("invalid", `The query is not valid: name: ${message}.`, {
    fields: [{ path: "name", message }],
  });
}

async function visibleOperation(services: Services, principal: Principal, id: string): Promise<Operation> {
  const operation = await services.store.operations.get(id);
  if (operation === undefined || !mayViewOperation(principal, operation))
    throw new VdcError("not-found", `There is no operation '${id}' that you may see.`);
  return operation;
}

function mayCancel(principal: Principal, operation: Operation): boolean {
  if (principal.owner || isActor(principal, operation.actor)) return true;
  return operation.project !== undefined && roleAtLeast(principal.roleIn(operation.project), "operator");
}

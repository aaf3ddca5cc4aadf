import { diffJson } from "#api/diff.ts";
import { VdcError } from "#api/errors.ts";
import { allResourceRoutes } from "#api/resource-routes.ts";
import { fixedRoutes, type FixedRouteId } from "#api/routes.ts";
import type { KindDefinition } from "#api/kind.ts";
import { assert } from "#lib/assert.ts";
import type { JsonObject } from "#lib/json.ts";
import type { Handlers } from "./handler.ts";
import { accountHandlers } from "./handlers/account.ts";
import { appHandlers } from "./handlers/apps.ts";
import { burstMoneyHandlers } from "./handlers/burst-money.ts";
import { burstHandlers } from "./handlers/burst.ts";
import { centerHandlers } from "./handlers/center.ts";
import { machineHandlers } from "./handlers/machine.ts";
import { incidentHandlers } from "./handlers/incidents.ts";
import { objectHandlers } from "./handlers/objects.ts";
import { packageHandlers } from "./handlers/packages.ts";
import { recordHandlers } from "./handlers/records.ts";
import { appSignInHandlers, signInHandlers } from "./handlers/sign-in.ts";
import { userHandlers } from "./handlers/users.ts";
import { serverLimits } from "./limits.ts";
import { openApiDocument } from "./openapi/document.ts";
import type { MutationResult } from "#store/store.ts";
import type { ServedRoute } from "./ports.ts";
import { authorizeApply } from "./resources/guard.ts";
import { requireUsers } from "./resources/members.ts";
import { resourceHandlers, type ResourceHandlerOptions } from "./resources/resource-handlers.ts";
import type { Services } from "./services.ts";

/**
 * Every route of the contract with its handler: the fixed ones, and five for every kind of the registry.
 * `secure`: the listener speaks TLS.
 */
export function servedRoutes(services: Services, secure: boolean): readonly ServedRoute[] {
  return [...fixed(fixedHandlers(services, secure)), ...ofKinds(services)];
}

function fixedHandlers(services: Services, secure: boolean): Handlers {
  return {
    ...signInHandlers(services, secure),
    ...appSignInHandlers(services),
    ...accountHandlers(services, secure),
    ...userHandlers(services),
    ...recordHandlers(services),
    ...centerHandlers(services, openApiDocument(services.kinds)),
    ...machineHandlers(services),
    ...appHandlers(services),
    ...packageHandlers(services),
    ...objectHandlers(services),
    ...burstHandlers(services),
    ...incidentHandlers(services),
    ...burstMoneyHandlers(services),
  };
}

function fixed(handlers: Handlers): readonly ServedRoute[] {
  return Object.entries(fixedRoutes).map(([id, route]) => {
    const run = handlers[id as FixedRouteId]; // the keys of `fixedRoutes`
    // The type of the table says so already; this holds also when somebody casts around it.
    assert(typeof run === "function", `the route ${id} has a handler`);
    return { route, run };
  });
}

function ofKinds(services: Services): readonly ServedRoute[] {
  const { kinds, store, auth, rolesChanged } = services;
  const userExists = async (user: string) => await isUser(auth, user);
  const options = {
    store,
    before: async (kind: KindDefinition, spec: JsonObject) => {
      if (kind.kind === "project")
        await requireUsers(spec["members"], userExists, serverLimits.memberLookups);
    },
    check: appCheck(services.apps),
    // A role that was given or taken counts before the write is answered.
    after: (_: KindDefinition, result: MutationResult) =>
      rolesChanged(result.resource, result.outcome === "removed"),
  };
  const handlers = new Map([...kinds.values()].map((kind) => [kind.kind, resourceHandlers(kind, options)]));
  return allResourceRoutes(kinds).map(({ kind, verb, route }) => {
    const run = handlers.get(kind.kind)?.[verb];
    assert(run !== undefined, `${kind.kind} has a handler for ${verb}`);
    if (verb !== "apply") return { route, run };
    return { route, run, authorize: (principal, params) => authorizeApply(kind, principal, params) };
  });
}

/** What a stopped or paused app may always be told: to stop must not fail because a package is gone. */
const alwaysAllowed: ReadonlySet<string> = new Set(["spec.stopped", "spec.paused"]);

/** An app whose package does not allow its spec is refused when it is written, not when it is rolled out. */
function appCheck(apps: Services["apps"]): NonNullable<ResourceHandlerOptions["check"]> {
  return async (kind, { key, spec, before }) => {
    if (kind.kind !== "app" || key.project === undefined) return;
    const changes = before === undefined ? undefined : diffJson(before.spec, spec, "spec");
    if (changes?.every(({ path }) => alwaysAllowed.has(path)) === true) return;
    const fields = await apps.check({ project: key.project, name: key.name }, spec);
    const [first] = fields;
    if (first === undefined) return;
    throw new VdcError("invalid", `The app is not valid: ${first.path}: ${first.message}.`, { fields });
  };
}

async function isUser(auth: Services["auth"], name: string): Promise<boolean> {
  try {
    await auth.users.get(name);
    return true;
  } catch (error) {
    if (error instanceof VdcError && error.code === "not-found") return false;
    throw error;
  }
}

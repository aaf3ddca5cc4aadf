import { VdcError } from "#api/errors.ts";
import type { OpenApiDocument } from "../openapi/document.ts";
import type { HandlersFor } from "../handler.ts";
import { serverLimits } from "../limits.ts";
import type { Services } from "../services.ts";

/** The data center itself: what it is, whether it lives, and its machine. */
export function centerHandlers(
  services: Services,
  openApi: OpenApiDocument,
): HandlersFor<
  | "system.version"
  | "system.openapi"
  | "system.health"
  | "system.ready"
  | "system.metrics"
  | "system.get"
  | "system.restart-part"
> {
  return {
    "system.version": () => ({ name: "vdc", version: services.version, api: "v1" }),
    "system.openapi": () => openApi,
    "system.health": () => "ok\n",
    "system.ready": async () => {
      await withinTime(services, services.store.ping());
      return "ready\n";
    },
    "system.metrics": async ({ reply }) => {
      reply.header("content-type", services.metrics.contentType);
      return await services.metrics.text();
    },
    "system.get": async () => await services.system.read(),
    "system.restart-part": async ({ params, by }) => {
      await services.system.restartPart(params.part, by);
      return {};
    },
  };
}

/** Throws `unavailable` when the store needs longer than probes wait. */
async function withinTime({ clock }: Services, answer: Promise<void>): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  using _timer = clock.after(serverLimits.readyMs, () =>
    reject(new VdcError("unavailable", `The store does not answer within ${serverLimits.readyMs / 1000} s.`)),
  );
  await Promise.race([answer, late]);
}

import { gatewayMetrics } from "#traffic/observe/metrics-text.ts";
import type { AdminAnswer, AdminHandler, AdminRequest } from "./admin-socket.ts";
import type { GatewayProcess } from "./gateway-process.ts";
import type { SuccessorProgram } from "./successor.ts";

/** What src/traffic/gateway-api.ts promises. */
export function adminHandler(
  gateway: Pick<GatewayProcess, "status" | "refresh" | "watch" | "succeed">,
): AdminHandler {
  const routes: Readonly<Record<string, (request: AdminRequest) => Promise<AdminAnswer>>> = {
    "GET /v1/status": async () => json(200, gateway.status()),
    "POST /v1/snapshot": async () => json(200, await gateway.refresh()),
    "GET /v1/requests": async ({ query, signal }) => {
      const lines = gateway.watch(query.get("pool") ?? "", signal);
      if (lines === undefined) return json(503, { detail: "too many watch already" });
      return { status: 200, type: "application/x-ndjson", body: lines };
    },
    "GET /metrics": async () => ({
      status: 200,
      type: "text/plain; version=0.0.4",
      body: gatewayMetrics([gateway.status()]),
    }),
    "POST /v1/succeed": async ({ body }) => {
      const program = programOf(body);
      if (program === "invalid") return json(400, { detail: "the program is not understood" });
      return json(200, await gateway.succeed(program));
    },
  };
  return async (request) => {
    const route = routes[`${request.method} ${request.path}`];
    return route === undefined ? json(404, { detail: "no such route" }) : await route(request);
  };
}

/** Whoever can open the socket is our own user, who may run any program anyway. */
function programOf(body: string): SuccessorProgram | undefined | "invalid" {
  if (body === "") return undefined;
  try {
    const value = JSON.parse(body) as Partial<SuccessorProgram> | null; // checked below
    const isProgram =
      Array.isArray(value?.command) &&
      value.command.length > 0 &&
      value.command.every((word) => typeof word === "string") &&
      typeof value.cwd === "string";
    return isProgram ? (value as SuccessorProgram) : "invalid"; // checked
  } catch {
    return "invalid"; // not JSON
  }
}

function json(status: AdminAnswer["status"], body: unknown): AdminAnswer {
  return { status, type: "application/json", body: JSON.stringify(body) };
}

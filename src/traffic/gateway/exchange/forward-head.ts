import { afterFirstLine } from "./answer-head.ts";
import type { ClientSide } from "./client-side.ts";
import type { RequestCopy } from "./request-copy.ts";
import type { RoutePlan } from "./route-plan.ts";

/** A request's head as a member gets it. `raw`: its line and lines as they came, so that nothing is taken apart when nothing is edited. */
export function forwardHead(options: {
  readonly client: ClientSide;
  readonly plan: RoutePlan;
  readonly request: RequestCopy;
  readonly id: string;
  readonly via: string;
}): string {
  const { plan, request } = options;
  const { framing, upgrade, raw } = request;
  const forwarded = options.client.forwarding.linesFor(request.authority, options.via);
  let end = "\r\n\r\n";
  if (framing === "chunks" || framing === "stream") end = "\r\ntransfer-encoding: chunked\r\n\r\n";
  if (request.expectsContinue) end = `\r\nexpect: 100-continue${end}`;
  if (upgrade !== "") end = `\r\nconnection: upgrade\r\nupgrade: ${upgrade}${end}`;
  if (plan.rewriteTarget === undefined && plan.editRequest === undefined)
    return raw + forwarded + options.id + end;
  const target = plan.rewriteTarget === undefined ? request.target : plan.rewriteTarget(request.target);
  const fields = afterFirstLine(raw);
  const edited = plan.editRequest === undefined ? fields : plan.editRequest(fields);
  return `${request.method} ${target} HTTP/1.1\r\n${edited}${forwarded}${options.id}${end}`;
}

import type { ClientSide, Framing } from "./client-side.ts";
import type { RoutePlan } from "./route-plan.ts";

/** A request's head as a member gets it. */
export function forwardHead(options: {
  readonly client: ClientSide;
  readonly plan: RoutePlan;
  readonly method: string;
  readonly target: string;
  readonly authority: string;
  readonly fields: string;
  readonly framing: Framing;
  readonly upgrade: string;
  readonly expectsContinue: boolean;
  readonly id: string;
  readonly via: string;
}): string {
  const { plan, framing, upgrade } = options;
  const target = plan.rewriteTarget === undefined ? options.target : plan.rewriteTarget(options.target);
  const fields = plan.editRequest === undefined ? options.fields : plan.editRequest(options.fields);
  const forwarded = options.client.forwarding.linesFor(options.authority, options.via);
  let head = `${options.method} ${target} HTTP/1.1\r\n${fields}${forwarded}x-request-id: ${options.id}\r\n`;
  if (framing === "chunks" || framing === "stream") head += "transfer-encoding: chunked\r\n";
  if (options.expectsContinue) head += "expect: 100-continue\r\n";
  if (upgrade !== "") head += `connection: upgrade\r\nupgrade: ${upgrade}\r\n`;
  return `${head}\r\n`;
}

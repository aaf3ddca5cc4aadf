import type { Clock } from "#lib/clock.ts";
import {
  accessEntrySchema,
  gatewayStatusSchema,
  type AccessEntry,
  type GatewayStatus,
} from "./gateway-api.ts";

/** A gateway process of this machine that runs; it may be draining. */
export interface GatewayHandle {
  /** Unique for each process: `gateway-1-4711`. */
  readonly id: string;
}

/** How the admin sockets are reached; `src/main` fills it. */
export interface GatewayReach {
  list(): readonly GatewayHandle[];
  /** One request; the answer's body may be a stream that lasts until `signal` aborts. */
  fetch(
    gateway: GatewayHandle,
    path: string,
    init: { readonly method: "GET" | "POST"; readonly signal: AbortSignal },
  ): Promise<Response>;
}

export interface GatewayStatuses {
  readonly answers: readonly { readonly gateway: GatewayHandle; readonly status: GatewayStatus }[];
  /** Gateways that run, and did not answer in time. */
  readonly silent: readonly GatewayHandle[];
}

/** The gateways of this machine, as control asks them. */
export interface GatewayClient {
  list(): readonly GatewayHandle[];
  /** Asks all at once, each within 2 s. Does not throw. */
  statuses(signal: AbortSignal): Promise<GatewayStatuses>;
  /** Requests that end, to pools whose id begins so; ends when the gateway does, or the signal aborts. Throws when it is cut off. */
  requests(gateway: GatewayHandle, pool: string, signal: AbortSignal): AsyncIterable<AccessEntry>;
}

const statusWithinMs = 2_000;
/** A line is about 500 bytes; more without an end of line is not ours. */
const maxLineLength = 64 * 1024;

export function createGatewayClient(reach: GatewayReach, clock: Clock): GatewayClient {
  const status = async (gateway: GatewayHandle, signal: AbortSignal): Promise<GatewayStatus> => {
    const late = new AbortController();
    using _timer = clock.after(statusWithinMs, () => late.abort(new Error("it did not answer in time")));
    const within = AbortSignal.any([signal, late.signal]);
    const answer = await reach.fetch(gateway, "/v1/status", { method: "GET", signal: within });
    return gatewayStatusSchema.parse(await answer.json());
  };
  return {
    list: () => reach.list(),
    statuses: async (signal) => {
      const gateways = reach.list();
      const settled = await Promise.allSettled(gateways.map(async (one) => await status(one, signal)));
      // One that ended while it was asked is not silent: it is not there.
      const left = new Set(settled.every(isAnswer) ? [] : reach.list().map(({ id }) => id));
      return {
        answers: gateways.flatMap((gateway, index) => {
          const result = settled[index];
          return result?.status === "fulfilled" ? [{ gateway, status: result.value }] : [];
        }),
        silent: gateways.filter(({ id }, index) => settled[index]?.status === "rejected" && left.has(id)),
      };
    },
    requests: (gateway, pool, signal) => watch(reach, gateway, pool, signal),
  };
}

function isAnswer(result: PromiseSettledResult<GatewayStatus>): boolean {
  return result.status === "fulfilled";
}

async function* watch(
  reach: GatewayReach,
  gateway: GatewayHandle,
  pool: string,
  signal: AbortSignal,
): AsyncGenerator<AccessEntry> {
  const path = `/v1/requests?pool=${encodeURIComponent(pool)}`;
  const { body, ok } = await reach.fetch(gateway, path, { method: "GET", signal });
  if (!ok || body === null) return; // it has as many watchers as it takes
  let rest = "";
  for await (const piece of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > maxLineLength) return;
    for (const line of lines) yield accessEntrySchema.parse(JSON.parse(line));
  }
}

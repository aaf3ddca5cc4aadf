import { assert } from "#lib/assert.ts";

/** How a gateway process is told what it is: JSON in this variable, from the supervisor or from its predecessor. Holds no secrets. */
export const gatewayConfigVariable = "VDC_GATEWAY_CONFIG";

/**
 * Node's flags for a gateway. Hardly anything outlives its request, so a young generation of a quarter of the usual size costs no
 * more CPU, and with 10,000 idle connections the process holds 140 MiB instead of 165. Threads that help with so little take longer
 * to wake than to do the work alone. A successor inherits them.
 */
export const gatewayNodeFlags = [
  "--disable-warning=ExperimentalWarning",
  "--max-semi-space-size=4",
  "--no-parallel-scavenge",
] as const;

export interface GatewayConfig {
  /** `gateway-1` */
  readonly name: string;
  readonly dataDirectory: string;
  readonly host: string;
  /** 0 = any free port, which tests use for a gateway that is alone. */
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Gateways that share the ports; absent when an older program started this one: then each counts for itself. */
  readonly gateways?: number;
  /** The listening sockets are inherited, as descriptors 3 (HTTP) and 4 (HTTPS). */
  readonly inherits: boolean;
}

/** The variable is written by our own programs alone; what is missing is their fault. */
export function readGatewayConfig(text: string | undefined): GatewayConfig {
  assert(text !== undefined, `a gateway is started with ${gatewayConfigVariable}: run \`vdc up\``);
  const config = JSON.parse(text) as Partial<GatewayConfig>; // the fields that decide about files and sockets are checked below
  assert(typeof config.name === "string" && gatewayName.test(config.name), "a gateway has a name");
  assert(typeof config.dataDirectory === "string", "a gateway knows its data directory");
  assert(
    typeof config.httpPort === "number" && typeof config.httpsPort === "number",
    "a gateway knows its ports",
  );
  return config as GatewayConfig; // checked above
}

/** Also part of file names. */
export const gatewayName = /^gateway-[1-9]\d?$/;

import { assert } from "#lib/assert.ts";
import { objectsProcessName } from "./identity.ts";

/** How a front is told what it is: JSON in this variable, from the supervisor or from its predecessor. Holds no secrets. */
export const frontConfigVariable = "VDC_OBJECTS_CONFIG";

/**
 * Bodies pass through in large pieces that die young; more room for them costs memory and wins nothing. Their bytes lie outside of V8's heap: by default each 64 MiB
 * of them begin a collection of the whole heap, twice a second under load; counted together with the heap they mostly go with the young generation.
 */
export const frontNodeFlags = [
  "--disable-warning=ExperimentalWarning",
  "--max-semi-space-size=8",
  "--external-memory-accounted-in-global-limit",
] as const;

export interface FrontConfig {
  /** `objects-1` */
  readonly name: string;
  readonly dataDirectory: string;
  readonly host: string;
  /** 0 = any free port, which tests use for a front that is alone. */
  readonly port: number;
  /** Clients sign with it. */
  readonly region: string;
  /** `BUCKET.DOMAIN` is a bucket's own host. */
  readonly domains: readonly string[];
  /** Of the console; see `S3HandlerOptions`. A front of an older version was told none. */
  readonly trustedOrigins?: readonly string[];
  /** The listening socket is inherited, as descriptor 3. */
  readonly inherits: boolean;
}

/** The variable is written by our own programs alone; what is missing is their fault. */
export function readFrontConfig(text: string | undefined): FrontConfig {
  assert(text !== undefined, `a front is started with ${frontConfigVariable}: run \`vdc up\``);
  const config = JSON.parse(text) as Partial<FrontConfig>; // the fields that decide about files and sockets are checked below
  assert(typeof config.name === "string" && objectsProcessName.test(config.name), "a front has a name");
  assert(typeof config.dataDirectory === "string", "a front knows its data directory");
  assert(typeof config.port === "number" && typeof config.host === "string", "a front knows its address");
  return config as FrontConfig; // checked above
}

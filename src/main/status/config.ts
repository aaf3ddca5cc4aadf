import { assert } from "#lib/assert.ts";

/** How the status process is told what it is: JSON in this variable. The SMTP address, which may hold a password, is VDC_SMTP_URL and not in it. */
export const statusConfigVariable = "VDC_STATUS_CONFIG";

export interface StatusConfig {
  readonly dataDirectory: string;
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly version: string;
  /** The object store that the canary goes round; absent: none. */
  readonly objects?: { readonly catalogSocket: string; readonly endpoint: string; readonly region: string };
  /** What people call this data center. */
  readonly name: string;
  /** Where the page answers for others, when that is not `http://HOST:PORT/`. */
  readonly publicUrl?: string;
}

/** The variable is written by our own program alone; what is missing is its fault. */
export function readStatusConfig(text: string | undefined): StatusConfig {
  assert(text !== undefined, `the status process is started with ${statusConfigVariable}: run \`vdc up\``);
  const config = JSON.parse(text) as Partial<StatusConfig>; // checked below
  assert(typeof config.dataDirectory === "string" && typeof config.port === "number", "it knows its place");
  return config as StatusConfig; // checked above
}

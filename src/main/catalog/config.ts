import { assert } from "#lib/assert.ts";

/** How the catalog is told what it is: JSON in this variable, from the supervisor. Holds no secrets. */
export const catalogConfigVariable = "VDC_CATALOG_CONFIG";

export const catalogNodeFlags = ["--disable-warning=ExperimentalWarning"] as const;

export interface CatalogConfig {
  readonly dataDirectory: string;
  /** Directories for a store that is made now; a store that exists knows its own. Empty: three folders in the data directory. */
  readonly drives: readonly string[];
}

/** The variable is written by our own supervisor alone; what is missing is its fault. */
export function readCatalogConfig(text: string | undefined): CatalogConfig {
  assert(text !== undefined, `the catalog is started with ${catalogConfigVariable}: run \`vdc up\``);
  const config = JSON.parse(text) as Partial<CatalogConfig>; // checked below
  assert(typeof config.dataDirectory === "string", "the catalog knows its data directory");
  assert(Array.isArray(config.drives), "the catalog knows where a new store's drives are");
  return config as CatalogConfig; // checked above
}

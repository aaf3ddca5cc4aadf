import { runCatalog } from "#main/catalog/run-catalog.ts";

/** The catalog of the object store: the one process that knows what is stored where. Started by `vdc up`. */
await runCatalog();

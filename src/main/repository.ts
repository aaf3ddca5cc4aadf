import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout that this program runs from. */
export const repositoryRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

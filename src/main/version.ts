import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "#main/repository.ts";

// Our own manifest: `version` is a string by npm's rules.
const manifest = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as {
  readonly version: string;
};

/** The version of this VDC. */
export const version = manifest.version;

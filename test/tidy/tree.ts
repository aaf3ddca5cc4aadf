import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { source, type Source } from "#test/tidy/source.ts";

/** What counts as text of ours; pictures and fonts have no rules. */
const folders =
  "{src,console,test,sim,bench,tools,docs,examples,.ci}/**/*.{ts,tsx,css,html,json,md,sh,yaml,yml,txt}";
const rootFiles = [
  "*.{md,json,ts}",
  "LICENSE",
  ".ci/run",
  "vdc",
  ".npmrc",
  ".gitignore",
  ".oxlintrc.json",
  ".oxfmtrc.json",
];
const generated = [
  "**/node_modules/**",
  "console/dist/**",
  "examples/darkroom/dist/**",
  "examples/burst-pool/dist/**",
  // AssemblyScript is a language of its own, in which `<i32>x` converts.
  "examples/darkroom/kernels/assembly/**",
  "coverage/**",
  "test-results/**",
];

/** Every file of ours below `root`. */
export function readTree(root: string): readonly Source[] {
  return globSync([folders, ...rootFiles], { cwd: root, exclude: generated })
    .toSorted()
    .map((path) => source(path, readFileSync(join(root, path), "utf8")));
}

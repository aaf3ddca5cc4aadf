import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { generatedFiles } from "#tools/generated-files.ts";

// Writes every generated file; with --check writes nothing and fails when one would change.
const root = fileURLToPath(new URL("..", import.meta.url));
const check = process.argv.includes("--check");
let stale = 0;

for (const file of generatedFiles) {
  const target = join(root, file.path);
  const wanted = await file.generate();
  if (existsSync(target) && readFileSync(target, "utf8") === wanted) continue;
  stale += 1;
  if (check) {
    console.error(`${file.path} is not what its source says; run \`npm run generate\` and commit it`);
    continue;
  }
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, wanted);
  console.log(`wrote ${file.path}`);
}

if (check && stale > 0) process.exitCode = 1;
else if (stale === 0) console.log(`${generatedFiles.length} generated files are up to date`);

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../golden/", import.meta.url));

/** Compares `text` with `test/golden/NAME`; with UPDATE_GOLDEN=1 it writes the file instead. */
export function matchesGolden(name: string, text: string): void {
  const path = join(root, name);
  if (process.env["UPDATE_GOLDEN"] === "1") {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return;
  }
  assert.equal(text, readFileSync(path, "utf8"), `${name} differs; UPDATE_GOLDEN=1 writes it anew`);
}

import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { buildConsole, hashSources } from "#main/console-build.ts";

/** Stands where vite does: writes what the sources say into the folder that it is given, or fails as they say. */
const fakeVite = `
  const { mkdirSync, readFileSync, writeFileSync } = require("node:fs");
  const [, , , root, , out] = process.argv;
  const text = readFileSync(root + "/index.html", "utf8");
  if (text.includes("broken")) { console.error("error: it is broken"); process.exit(1); }
  mkdirSync(out, { recursive: true });
  writeFileSync(out + "/index.html", text);
`;

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "vdc-console-"));
  put("node_modules/vite/bin/vite.js", fakeVite);
  put("console/src/main.tsx", "one");
  put("package-lock.json", "{}");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const put = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
const build = async () => await buildConsole(root, join(root, "data/console"), AbortSignal.timeout(20_000));
const dist = () => join(root, "console/dist");

describe("the console's build", () => {
  it("is skipped where there are no sources", async () => {
    assert.deepEqual(await build(), { kind: "no-sources" });
  });

  it("is made once, and again when a source, a schema or the lock file changes, with nothing left beside it", async () => {
    put("console/index.html", "first");
    assert.deepEqual(await build(), { kind: "built", directory: dist() });
    assert.deepEqual(await build(), { kind: "current", directory: dist() });
    for (const [path, text] of [
      ["console/index.html", "second"],
      ["src/api/kinds.ts", "x"],
      ["package-lock.json", "[]"],
      ["console/new.css", ""],
    ] as const) {
      put(path, text);
      assert.deepEqual(await build(), { kind: "built", directory: dist() }, path);
    }
    assert.equal(readFileSync(join(dist(), "index.html"), "utf8"), "second");
    assert.deepEqual(readdirSync(join(root, "console")).toSorted(), ["dist", "index.html", "new.css", "src"]);
  });

  it("that fails keeps the older one, says why, and clears what killed builds have left", async () => {
    put("console/index.html", "broken");
    assert.deepEqual(await build(), { kind: "failed", reason: "error: it is broken" });
    put("console/index.html", "good");
    await build();
    put("console/index.html", "broken again");
    mkdirSync(`${dist()}.new-4194305`); // above the kernel's largest pid
    assert.deepEqual(await build(), { kind: "failed", reason: "error: it is broken", directory: dist() });
    assert.equal(readFileSync(join(dist(), "index.html"), "utf8"), "good");
    assert.equal(existsSync(`${dist()}.new-4194305`), false);
  });

  it("goes into the data directory where the checkout cannot be written", async () => {
    put("console/index.html", "text");
    writeFileSync(dist(), "a file in the place of the folder");
    writeFileSync(`${dist()}.probe-${process.pid}`, "and of the probe");
    assert.deepEqual(await build(), { kind: "built", directory: join(root, "data/console") });
    assert.equal((await build()).kind, "current");
  });

  it("depends on what is in the sources, not on when they were written or on what was built", () => {
    put("console/index.html", "text");
    const before = hashSources(root);
    put("console/index.html", "text");
    put("console/dist/index.html", "built");
    assert.equal(hashSources(root), before);
    put("console/index.html", "tex");
    put("console/index.htm", "");
    assert.notEqual(hashSources(root), before);
  });
});

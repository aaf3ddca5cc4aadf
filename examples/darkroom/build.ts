import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { extname, join } from "node:path";
import { build } from "vite";
import { paintedAlbum } from "./album/painted-album.ts";
import { buildKernels } from "./kernels/build-package.ts";

/**
 * Builds what the app's package holds into `dist/`: server, page, kernels and the sample album. Nothing is done when nothing changed since; what is built comes into place whole.
 * Each part says on one line what it is, so that whoever waits sees why.
 */
const here = import.meta.dirname;
const root = join(here, "../..");
const target = join(here, "dist");
const stampName = ".stamp";
/** What the result is made of. */
const sources = ["examples/darkroom", "src/api", "src/lib", "src/burst", "package-lock.json"];
const skipped = /^(dist(\..*)?|node_modules|.*\.test\.ts)$/;

const stamp = stampOf();
if (existsSync(join(target, stampName)) && readFileSync(join(target, stampName), "utf8") === stamp) {
  process.stdout.write("darkroom: up to date\n");
} else {
  const fresh = join(here, `dist.${process.pid}`);
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  try {
    await buildAll(fresh);
    writeFileSync(join(fresh, stampName), stamp);
    rmSync(target, { recursive: true, force: true });
    renameSync(fresh, target);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

async function buildAll(into: string): Promise<void> {
  say("kernels");
  await buildKernels(join(into, "kernels"));
  say("server");
  await buildServer(into);
  say("page");
  await buildPage(into);
  say("sample album");
  await copyAlbum(join(into, "album"));
}

async function buildServer(into: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: "warn",
    root: here,
    ssr: { noExternal: true },
    build: {
      ssr: join(here, "server/main.ts"),
      outDir: into,
      emptyOutDir: false,
      target: "node24",
      rolldownOptions: { output: { entryFileNames: "server.js" } },
    },
  });
}

async function buildPage(into: string): Promise<void> {
  await build({
    configFile: join(here, "page/vite.config.ts"),
    logLevel: "warn",
    build: { outDir: join(into, "page") },
  });
}

/** The truth stays away: it is for tests, and larger than everything else together. */
async function copyAlbum(into: string): Promise<void> {
  const painted = await paintedAlbum();
  mkdirSync(into);
  for (const name of readdirSync(painted))
    if (!name.endsWith(".f32")) copyFileSync(join(painted, name), join(into, name));
}

function stampOf(): string {
  return hashOf(sources);
}

/** SHA-256 over names and contents of all files below, in order of their names. */
function hashOf(places: readonly string[]): string {
  const hash = createHash("sha256");
  const add = (path: string): void => {
    const full = join(root, path);
    if (!existsSync(full)) return;
    const entries = readdirSync(full, { withFileTypes: true });
    for (const entry of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
      if (skipped.test(entry.name)) continue;
      const below = `${path}/${entry.name}`;
      if (entry.isDirectory()) add(below);
      else addFile(below);
    }
  };
  const addFile = (path: string): void => {
    const content = readFileSync(join(root, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  };
  for (const place of places) {
    if (extname(place) !== "") addFile(place);
    else add(place);
  }
  return hash.digest("hex");
}

function say(what: string): void {
  process.stdout.write(`darkroom: building ${what}\n`);
}

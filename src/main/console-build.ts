import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** What the built console is made of; a change in any of them makes it stale. */
const sources = ["console", "src/api", "src/lib", "package-lock.json"] as const;
const skipped = /^(dist(\..*)?|node_modules|test-results)$/;
const stampName = ".stamp";
const maxFiles = 5_000;
const maxDepth = 20;
const buildLimits = { timeout: 180_000, maxBuffer: 1024 * 1024 } as const;

export type ConsoleBuild =
  | { readonly kind: "no-sources" }
  | { readonly kind: "current" | "built"; readonly directory: string }
  /** `directory` is an older build, when there is one. */
  | { readonly kind: "failed"; readonly reason: string; readonly directory?: string };

/**
 * Builds the console when it is missing or stale, in a process of its own. The result goes beside the sources, or into
 * `fallbackDirectory` when the checkout is not ours to write. It is put in place whole: a killed build leaves the old one.
 */
export async function buildConsole(
  root: string,
  fallbackDirectory: string,
  signal: AbortSignal,
): Promise<ConsoleBuild> {
  if (!existsSync(join(root, "console/index.html"))) return { kind: "no-sources" };
  const stamp = hashSources(root);
  const places = [join(root, "console/dist"), fallbackDirectory];
  const current = places.find((place) => readStamp(place) === stamp);
  if (current !== undefined) return { kind: "current", directory: current };
  const older = places.find((place) => readStamp(place) !== undefined);
  try {
    const target = places.find(canReplace) ?? fallbackDirectory;
    await build(root, target, stamp, signal);
    return { kind: "built", directory: target };
  } catch (error) {
    const reason = buildError(error);
    return { kind: "failed", reason, ...(older === undefined ? {} : { directory: older }) };
  }
}

/** SHA-256 over the names and contents of all sources, in order of their names. */
export function hashSources(root: string): string {
  const hash = createHash("sha256");
  let files = 0;
  const add = (path: string, depth: number): void => {
    const full = join(root, path);
    const entries = depth > maxDepth || !existsSync(full) ? [] : list(full);
    if (entries === undefined) {
      files += 1;
      if (files > maxFiles) throw new Error(`the console has more than ${maxFiles} source files`);
      const content = readFileSync(full);
      hash.update(`${path}\0${content.length}\0`).update(content);
      return;
    }
    for (const name of entries) if (!skipped.test(name)) add(join(path, name), depth + 1);
  };
  for (const path of sources) add(path, 0);
  return hash.digest("hex");
}

async function build(root: string, target: string, stamp: string, signal: AbortSignal): Promise<void> {
  const fresh = `${target}.new-${process.pid}`;
  const old = `${target}.old-${process.pid}`;
  const vite = join(root, "node_modules/vite/bin/vite.js");
  const words = [
    vite,
    "build",
    join(root, "console"),
    "--outDir",
    fresh,
    "--emptyOutDir",
    "--logLevel",
    "warn",
  ];
  removeLeftovers(target);
  try {
    await run(process.execPath, words, root, signal);
    writeFileSync(join(fresh, stampName), stamp);
    if (existsSync(target)) renameSync(target, old);
    renameSync(fresh, target);
  } finally {
    for (const path of [fresh, old]) rmSync(path, { recursive: true, force: true });
  }
}

async function run(file: string, words: readonly string[], cwd: string, signal: AbortSignal): Promise<void> {
  const env = { ...process.env, NODE_ENV: "production", NO_COLOR: "1" };
  await new Promise<void>((resolve, reject) => {
    execFile(file, words, { ...buildLimits, cwd, env, signal }, (error, stdout, stderr) => {
      if (error === null) resolve();
      else reject(new Error(`${stderr}\n${stdout}`.trim() || error.message, { cause: error }));
    });
  });
}

/** What killed builds left beside the target; another build that still runs keeps its own. */
function removeLeftovers(target: string): void {
  for (const name of readdirSync(dirname(target))) {
    const [, pid] = new RegExp(`^${basename(target)}\\.(?:new|old|probe)-(\\d+)$`).exec(name) ?? [];
    if (pid !== undefined && !existsSync(`/proc/${pid}`))
      rmSync(join(dirname(target), name), { recursive: true, force: true });
  }
}

/** The first lines that say what is wrong; the whole would fill the terminal. */
function buildError(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(0, 3)
    .join(" | ")
    .slice(0, 300);
}

/** Whether we may make the folder's successor beside it; tried, because mount options and ACLs count as well. */
function canReplace(place: string): boolean {
  const probe = `${place}.probe-${process.pid}`;
  try {
    mkdirSync(dirname(place), { recursive: true });
    mkdirSync(probe);
    rmSync(probe, { recursive: true });
    return true;
  } catch {
    return false; // a read-only checkout, or somebody else's
  }
}

function readStamp(place: string): string | undefined {
  try {
    return readFileSync(join(place, stampName), "utf8");
  } catch {
    return undefined; // never built here
  }
}

/** Names in a folder, sorted; undefined when it is a file. */
function list(path: string): readonly string[] | undefined {
  try {
    return readdirSync(path).toSorted();
  } catch {
    return undefined;
  }
}

/** As a program: `console-build.ts ROOT FALLBACK` prints a `ConsoleBuild`. */
if (import.meta.main) {
  const [root = "", fallback = ""] = process.argv.slice(2);
  process.stdout.write(JSON.stringify(await buildConsole(root, fallback, new AbortController().signal)));
}

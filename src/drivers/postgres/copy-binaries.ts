import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { linkLibraries, type PostgresBinaries } from "./binaries.ts";

/** The tree is 4 levels deep; a loop of links cannot send us further, since links are copied as links. */
const maxDepth = 12;

/**
 * Makes the binaries reachable at `target`, for a server whose account cannot enter the checkout (such as one under /root).
 * Hard links where the file system allows, copies elsewhere: 60 MB. Whole or absent, also after a kill.
 */
export function placeBinaries(binaries: PostgresBinaries, target: string): PostgresBinaries {
  if (!existsSync(target)) {
    const fresh = `${target}.new`;
    rmSync(fresh, { recursive: true, force: true });
    copyTree(binaries.directory, fresh, 0);
    linkLibraries(fresh);
    renameSync(fresh, target);
  }
  return { directory: target, version: binaries.version, complete: true };
}

function copyTree(from: string, to: string, depth: number): void {
  if (depth > maxDepth) throw new Error(`${from} is deeper than the binaries are`);
  mkdirSync(to, { mode: 0o755 });
  chmodSync(to, 0o755); // whatever the umask is: the server's account must enter
  for (const name of readdirSync(from)) {
    const source = join(from, name);
    const entry = lstatSync(source);
    if (entry.isDirectory()) copyTree(source, join(to, name), depth + 1);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), join(to, name));
    else placeFile(source, join(to, name), entry.mode);
  }
}

function placeFile(source: string, target: string, mode: number): void {
  const readableByAll = (mode & 0o004) !== 0;
  try {
    if (readableByAll) return linkSync(source, target);
  } catch {
    // Another file system, or one without links: a copy does.
  }
  copyFileSync(source, target);
  chmodSync(target, mode & 0o111 ? 0o755 : 0o644);
}

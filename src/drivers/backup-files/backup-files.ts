import { spawn } from "node:child_process";
import { chmod, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Copies of one app that are listed. */
const maxListed = 1_000;
const maxManifestBytes = 64 * 1024;
const maxErrorText = 1_000;

interface Folder {
  readonly name: string;
  readonly directory: string;
}
interface Copy {
  readonly project: string;
  readonly app: string;
  readonly id: string;
  readonly at: string;
  readonly release: number;
  readonly volumes: readonly Folder[];
}
interface Manifest {
  readonly id: string;
  readonly at: string;
  readonly release: number;
  readonly sizeBytes: number;
  readonly volumes: readonly string[];
}

/** `tar` could not do it; the text is the program's own. */
export class CopyFailed extends Error {
  override readonly name = "CopyFailed";
}

/**
 * Copies of folders under `root/PROJECT/APP/ID`: a tar for each, and `manifest.json`, which is written last. GNU tar does the work,
 * because it walks folders by their descriptors: a program that swaps a folder for a link meanwhile leads it nowhere.
 */
export function createBackupFiles(root: string) {
  const placeOf = (copy: { readonly project: string; readonly app: string }) =>
    join(root, copy.project, copy.app);
  return {
    create: async (copy: Copy, signal: AbortSignal): Promise<number> => {
      const place = placeOf(copy);
      const making = join(place, `.${copy.id}.new`);
      await mkdir(making, { recursive: true, mode: 0o700 });
      try {
        let sizeBytes = 0;
        for (const { name, directory } of copy.volumes) {
          const file = join(making, `${name}.tar`);
          const what = ["--create", "--one-file-system", "--numeric-owner", "--sparse"];
          await tar([...what, `--file=${file}`, `--directory=${directory}`, "."], signal);
          await chmod(file, 0o600);
          sizeBytes += (await stat(file)).size;
          await flush(file);
        }
        const { id, at, release, volumes } = copy;
        const manifest: Manifest = { id, at, release, sizeBytes, volumes: volumes.map(({ name }) => name) };
        await writeFile(join(making, "manifest.json"), `${JSON.stringify(manifest)}\n`, { mode: 0o600 });
        await flush(join(making, "manifest.json"));
        await rename(making, join(place, copy.id));
        return sizeBytes;
      } catch (error) {
        await rm(making, { recursive: true, force: true });
        throw error;
      }
    },
    list: async (place: { readonly project: string; readonly app: string }): Promise<readonly Manifest[]> => {
      const names = await readdir(placeOf(place)).catch(() => []); // nothing was ever kept
      const whole = names
        .filter((name) => !name.startsWith("."))
        .toSorted()
        .toReversed();
      const found = await Promise.all(
        whole.slice(0, maxListed).map(async (name) => await readManifest(join(placeOf(place), name))),
      );
      return found.flatMap((one) => (one === undefined ? [] : [one]));
    },
    restore: async (
      copy: {
        readonly project: string;
        readonly app: string;
        readonly id: string;
        readonly volumes: readonly Folder[];
      },
      signal: AbortSignal,
    ): Promise<void> => {
      // All of them are unpacked before the first one takes its place.
      const ready: { readonly made: string; readonly directory: string }[] = [];
      try {
        for (const { name, directory } of copy.volumes) {
          const made = join(dirname(directory), `.${basename(directory)}.restore`);
          await rm(made, { recursive: true, force: true });
          await mkdir(made, { mode: 0o700 });
          ready.push({ made, directory });
          const file = join(placeOf(copy), copy.id, `${name}.tar`);
          const what = ["--extract", "--numeric-owner", "--same-permissions", "--delay-directory-restore"];
          await tar([...what, `--file=${file}`, `--directory=${made}`], signal);
        }
        for (const { made, directory } of ready) await exchange(made, directory);
      } finally {
        for (const { made } of ready) await rm(made, { recursive: true, force: true });
      }
    },
  };
}

/** The new folder takes the place of the old one; a process that dies in between leaves the old one beside it. */
async function exchange(made: string, directory: string): Promise<void> {
  const old = join(dirname(directory), `.${basename(directory)}.before`);
  await rm(old, { recursive: true, force: true });
  await rename(directory, old);
  await rename(made, directory);
  await rm(old, { recursive: true, force: true });
}

async function readManifest(folder: string): Promise<Manifest | undefined> {
  const file = join(folder, "manifest.json");
  try {
    if ((await stat(file)).size > maxManifestBytes) return undefined;
    return JSON.parse(await readFile(file, "utf8")) as Manifest; // written by create alone
  } catch {
    return undefined; // not a whole copy
  }
}

async function flush(path: string): Promise<void> {
  await using file = await open(path, "r");
  await file.sync();
}

/** Resolves when it ended well. A file that changed while it was read (status 1) is a copy all the same. */
async function tar(words: readonly string[], signal: AbortSignal): Promise<void> {
  const child = spawn("tar", words, {
    stdio: ["ignore", "ignore", "pipe"],
    env: { LC_ALL: "C", PATH: process.env["PATH"] ?? "" },
    signal,
  });
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    if (text.length < maxErrorText) text += chunk.slice(0, maxErrorText);
  });
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once("error", reject);
  child.once("close", resolve);
  const status = await promise;
  if (status === 0 || (status === 1 && words[0] === "--create")) return;
  throw new CopyFailed(`tar ended with status ${status ?? "of a signal"}: ${text.trim()}`);
}

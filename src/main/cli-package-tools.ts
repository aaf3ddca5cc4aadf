import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, rename, rm, stat, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { buildPackage } from "#apps/package/build.ts";
import type { PackageDisk } from "#apps/package/disk.ts";
import { starterFiles } from "#apps/package/init.ts";
import { inspectPackage, type InspectedPackage } from "#apps/package/inspect.ts";
import { newSigningKey } from "#apps/package/signature.ts";
import { signPackage } from "#apps/package/sign.ts";
import { manifestFile } from "#apps/package/source.ts";
import { VdcError } from "#api/errors.ts";
import type { CliPackageTools, PackageFacts } from "#cli/package-ports.ts";
import { readText } from "#drivers/local-files/local-files.ts";
import { writeNewFile } from "#drivers/package-files/new-file.ts";
import { createPackageDisk } from "#drivers/package-files/package-disk.ts";
import { openScratch } from "#drivers/package-files/scratch.ts";
import { openSourceFolder } from "#drivers/package-files/source-folder.ts";

const maxKeyBytes = 16_384;

/** `vdc package` on the files of this machine. */
export function createPackageTools(cwd: string): CliPackageTools {
  const at = (path: string) => resolve(cwd, path);
  return {
    init: async (folder) => await init(at(folder)),
    build: async (folder, { out, signal }) => await build(at(folder), { cwd, out, signal }),
    inspect: async (file, signal) =>
      await onTemporaryDisk(async (disk) =>
        factsOf(await inspectPackage(await archive(at(file)), disk, signal)),
      ),
    sign: async (file, keyFile, signal) => await sign(at(file), at(keyFile), signal),
    keygen: async (file) => {
      const { privateKey, publicKey, keyId } = newSigningKey();
      await writeNew(at(file), Buffer.from(privateKey), 0o600);
      return { publicKey, keyId };
    },
  };
}

async function init(folder: string): Promise<{ readonly written: readonly string[] }> {
  await mkdir(folder, { recursive: true });
  const files = await starterFiles(openSourceFolder(folder), basename(folder));
  const written: string[] = [];
  for (const { path, text } of files) {
    await writeNew(join(folder, path), Buffer.from(text), 0o644);
    written.push(path);
  }
  return { written };
}

async function build(
  path: string,
  options: { readonly cwd: string; readonly out: string | undefined; readonly signal: AbortSignal },
): ReturnType<CliPackageTools["build"]> {
  const { cwd, out, signal } = options;
  const facts = await stat(path).catch(() => undefined); // what cannot be looked at is said to be missing
  if (facts === undefined) throw new VdcError("not-found", `There is no folder ${path}.`);
  const folder = facts.isDirectory() ? path : resolve(path, "..");
  const isCompose = !facts.isDirectory() && basename(path) !== manifestFile;
  await using scratch = await openScratch();
  const built = await buildPackage({
    source: openSourceFolder(folder),
    scratch,
    folderName: basename(folder),
    ...(isCompose ? { composeFile: basename(path) } : {}),
    write: async (chunks) => await scratch.write("archive", abortable(chunks, signal)),
  });
  const { digest, sizeBytes, manifest, layers, warnings, notes } = built;
  const last = manifest.id.split(".").at(-1) ?? manifest.id;
  const file = resolve(cwd, out ?? `${last}-${manifest.version}.vdc.tar`);
  await replaceFile(file, scratch.read("archive"));
  return { file, digest, sizeBytes, id: manifest.id, version: manifest.version, layers, warnings, notes };
}

async function sign(
  file: string,
  keyFile: string,
  signal: AbortSignal,
): Promise<{ readonly digest: string; readonly keyId: string }> {
  const key = await readText(keyFile, maxKeyBytes);
  if (key === undefined) throw new VdcError("not-found", `There is no key file ${keyFile}.`);
  return await onTemporaryDisk(async (disk) => {
    await using draft = await disk.draft();
    const { digest, signature } = await signPackage({
      archive: abortable(await archive(file), signal),
      draft,
      privateKeyPem: key.text,
      write: async (chunks) => await replaceFile(file, chunks),
    });
    return { digest, keyId: signature.keyId };
  });
}

async function archive(path: string): Promise<AsyncIterable<Uint8Array>> {
  const facts = await stat(path).catch(() => undefined); // what cannot be looked at is said to be missing
  if (facts === undefined) throw new VdcError("not-found", `There is no file ${path}.`);
  if (!facts.isFile())
    throw new VdcError("invalid", `${path} is not a file; \`vdc package build\` makes one of a folder.`);
  return createReadStream(path, { highWaterMark: 1 << 20 });
}

async function onTemporaryDisk<T>(work: (disk: PackageDisk) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "vdc-inspect-"));
  try {
    return await work(createPackageDisk(folder));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whole or not at all: written beside it, then renamed. */
async function replaceFile(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const draft = `${path}.part-${process.pid}`;
  try {
    await writeNewFile(draft, chunks, { mode: 0o644, durable: true });
    await rename(draft, path);
  } catch (error) {
    await unlink(draft).catch(() => undefined); // it may never have been made
    throw writeFault(path, error);
  }
}

async function writeNew(path: string, content: Uint8Array, mode: number): Promise<void> {
  try {
    await writeNewFile(path, content, { mode, durable: true });
  } catch (error) {
    throw writeFault(path, error);
  }
}

function writeFault(path: string, cause: unknown): unknown {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "EEXIST")
    return new VdcError("already-exists", `${path} is there already; nothing was changed.`, { cause });
  if (code === "EACCES" || code === "EROFS" || code === "ENOENT" || code === "ENOSPC")
    return new VdcError("invalid", `${path} cannot be written (${code}).`, { cause });
  return cause;
}

async function* abortable(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    yield chunk;
  }
}

function factsOf(inspected: InspectedPackage): PackageFacts {
  const { manifest, components, digest, sizeBytes, libraries, signedBy, entries, unpackedBytes } = inspected;
  return {
    digest,
    sizeBytes,
    id: manifest.id,
    version: manifest.version,
    name: typeof manifest.name === "string" ? manifest.name : (manifest.name["en"] ?? manifest.id),
    components: components.map((one) => ({
      name: one.name,
      engines: one.engines,
      runtime: `${one.runtime.name}${one.runtime.range === "*" ? "" : ` ${one.runtime.range}`}`,
      command: one.command,
      port: one.listens ? one.port : undefined,
      volumes: one.volumes.map(({ name, path }) => `${name}:${path}`),
      replicas: one.replicas,
    })),
    settings: Object.entries(manifest.settings).map(([name, { type, required, secret }]) => ({
      name,
      type,
      required,
      secret,
    })),
    routes: Object.entries(manifest.routes).map(([name, { component, path }]) => ({ name, component, path })),
    hooks: Object.entries(manifest.hooks).flatMap(([name, hook]) => (hook === undefined ? [] : [name])),
    licence: manifest.licence?.spdx,
    libraries,
    signedBy,
    entries,
    unpackedBytes,
  };
}

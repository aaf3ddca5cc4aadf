import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Readable } from "node:stream";
import { buildPackage } from "#apps/package/build.ts";
import { composeFiles, manifestFile } from "#apps/package/source.ts";
import { VdcError } from "#api/errors.ts";
import type { CliPackages } from "#cli/ports.ts";
import { openScratch } from "#drivers/package-files/scratch.ts";
import { openSourceFolder } from "#drivers/package-files/source-folder.ts";

/** Name of the archive in the scratch folder; layers have names of their own prefix. */
const archiveName = "archive";
const composeName = /\.ya?ml$/;

/** Packages of this machine's files for `vdc deploy`. */
export const cliPackages: CliPackages = {
  look: async (path) => {
    const facts = await factsOf(path);
    if (facts === undefined) return { what: "nothing" };
    if (facts.isDirectory()) {
      const known: readonly string[] = [manifestFile, ...composeFiles];
      for (const name of known)
        if ((await factsOf(join(path, name)))?.isFile() === true) return { what: "source", path };
      return { what: "unfit", reason: `the folder has neither ${manifestFile} nor a ${composeFiles[0]}` };
    }
    if (!facts.isFile()) return { what: "unfit", reason: "it is neither a file nor a folder" };
    return { what: composeName.test(path) ? "source" : "archive", path };
  },

  build: async (path, signal) => {
    const isFolder = (await factsOf(path))?.isDirectory() === true;
    const folder = isFolder ? path : dirname(path);
    const isCompose = !isFolder && basename(path) !== manifestFile;
    const scratch = await openScratch();
    try {
      const built = await buildPackage({
        source: openSourceFolder(folder),
        scratch,
        folderName: basename(folder),
        write: async (chunks) => await scratch.write(archiveName, abortable(chunks, signal)),
        ...(isCompose ? { composeFile: basename(path) } : {}),
      });
      return {
        digest: built.digest,
        id: built.manifest.id,
        version: built.manifest.version,
        warnings: [...built.warnings, ...built.notes],
        file: {
          sizeBytes: built.sizeBytes,
          open: () => webStream(Readable.from(scratch.read(archiveName))),
        },
        [Symbol.asyncDispose]: async () => await scratch[Symbol.asyncDispose](),
      };
    } catch (error) {
      await scratch[Symbol.asyncDispose]();
      throw error;
    }
  },

  archive: async (path) => {
    const facts = await factsOf(path);
    if (facts === undefined) throw new VdcError("not-found", `There is no file ${path}.`);
    return { sizeBytes: facts.size, open: () => webStream(createReadStream(path)) };
  },
};

async function factsOf(path: string) {
  try {
    return await stat(path);
  } catch {
    return undefined; // not there, or not ours to see: the caller says that there is none
  }
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

function webStream(stream: Readable): ReadableStream<Uint8Array> {
  return Readable.toWeb(stream) as ReadableStream<Uint8Array>; // only the types of the two libraries differ
}

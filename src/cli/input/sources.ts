import { join, resolve } from "node:path";
import { VdcError } from "#api/errors.ts";
import type { Source } from "#cli/input/yaml.ts";
import type { CliIo } from "#cli/io.ts";
import type { CliPorts } from "#cli/ports.ts";

const maxFileBytes = 16 * 1024 * 1024;
const maxFiles = 1000;
const documentFile = /^[^.].*\.(ya?ml|json)$/;

/** The texts behind `-f`: a file, every document file directly in a folder, or `-` for stdin. */
export async function readSources(
  given: readonly string[],
  io: CliIo,
  ports: CliPorts,
): Promise<readonly Source[]> {
  const sources: Source[] = [];
  for (const word of given) {
    if (word === "-") sources.push({ name: "stdin", text: await io.readAll(maxFileBytes) });
    else sources.push(...(await readPath(word, io, ports)));
  }
  return sources;
}

async function readPath(word: string, io: CliIo, ports: CliPorts): Promise<readonly Source[]> {
  const path = resolve(io.cwd, word);
  const files = await ports.files.filesOfFolder(path, maxFiles);
  if (files === undefined) return [await readFile(word, path, ports)];
  const documents = files.filter((name) => documentFile.test(name));
  if (documents.length === 0)
    throw new VdcError("invalid", `There is no .yaml, .yml or .json file in ${word}.`);
  const sources: Source[] = [];
  for (const name of documents) sources.push(await readFile(join(word, name), join(path, name), ports));
  return sources;
}

async function readFile(shown: string, path: string, ports: CliPorts): Promise<Source> {
  const file = await ports.files.readText(path, maxFileBytes);
  if (file === undefined)
    throw new VdcError("not-found", `There is no file ${shown}.`, { extra: { remedy: "Check the path." } });
  return { name: shown, text: file.text };
}

import { resolve } from "node:path";
import { VdcError } from "#api/errors.ts";
import type { Call } from "#cli/declare.ts";

/** A file's text. Throws `not-found` with its path as it was given. */
export async function readText(call: Call, path: string, maxBytes: number): Promise<string> {
  const { files } = await call.io.ports();
  const file = await files.readText(resolve(call.io.cwd, path), maxBytes);
  if (file === undefined)
    throw new VdcError("not-found", `There is no file ${path}.`, { extra: { remedy: "Check the path." } });
  return file.text;
}

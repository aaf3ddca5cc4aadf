import { createHash } from "node:crypto";
import { VdcError } from "#api/errors.ts";
import type { CliObjectFiles } from "#cli/object-ports.ts";
import type { Exchange } from "./exchange.ts";
import { partBytes } from "./etag.ts";
import type { ObjectTarget } from "./target.ts";

export interface GetFile {
  readonly exchange: Exchange;
  readonly files: CliObjectFiles;
  readonly target: ObjectTarget;
  readonly etag: string;
  readonly sizeBytes: number;
  /** Where it goes. */
  readonly path: string;
  readonly signal: AbortSignal;
  /** Called with bytes that are here. */
  readonly moved: (bytes: number) => void;
}

const etagCharacters = 12;

/**
 * Fetches one object into a file. It is written beside its place, under a name with its entity tag, so that a call that is interrupted is gone on with, and only
 * by the same bytes; it is put into its place when it is whole.
 */
export async function getFile(get: GetFile): Promise<void> {
  const { exchange, files, target, etag, sizeBytes, path, signal, moved } = get;
  const tag = etag.replace(/[^0-9a-f-]/g, "").slice(0, etagCharacters);
  const draft = `${path}.${tag}.vdc-part`;
  const counted = { here: await lengthOf(files, draft, sizeBytes) };
  moved(counted.here);
  if (counted.here < sizeBytes || sizeBytes === 0)
    await exchange.send(
      target,
      { operation: "get", key: target.key },
      "read",
      // Asked anew after a broken connection: from where it broke off.
      {
        method: "GET",
        signal,
        headers: () => ({
          "if-match": `"${etag}"`,
          ...(counted.here === 0 ? {} : { range: `bytes=${counted.here}-` }),
        }),
      },
      async (response) => {
        if (counted.here > 0 && response.status !== 206) counted.here = 0;
        const at = counted.here;
        await files.write(draft, at, countedChunks(response, counted, moved));
      },
    );
  if (counted.here !== sizeBytes)
    throw new VdcError("conflict", `${target.key} was not received whole; try again.`);
  await verify(get, draft);
  await files.rename(draft, path);
}

async function* countedChunks(
  response: Response,
  counted: { here: number },
  moved: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  try {
    for await (const chunk of response.body) {
      yield chunk;
      // Counted when it was written: from there the next attempt goes on.
      counted.here += chunk.byteLength;
      moved(chunk.byteLength);
    }
  } catch (cause) {
    throw new VdcError("unreachable", "The connection to the S3 service broke off.", { cause });
  }
}

async function lengthOf(files: CliObjectFiles, draft: string, sizeBytes: number): Promise<number> {
  const found = await files.look(draft);
  return found?.what === "file" && found.sizeBytes <= sizeBytes ? found.sizeBytes : 0;
}

/** Entity tags of objects that were put whole are their MD5; others say nothing about the bytes that could be compared here. */
async function verify({ files, etag, sizeBytes, target, signal }: GetFile, draft: string): Promise<void> {
  if (!/^[0-9a-f]{32}$/.test(etag)) return;
  const hash = createHash("md5");
  for (let at = 0; at < sizeBytes; at += partBytes) {
    signal.throwIfAborted();
    hash.update(await files.read(draft, at, Math.min(sizeBytes, at + partBytes)));
  }
  if (hash.digest("hex") === etag) return;
  await files.remove(draft);
  throw new VdcError("conflict", `${target.key} does not have its checksum; it was thrown away. Try again.`);
}

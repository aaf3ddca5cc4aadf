import { createHash } from "node:crypto";
import type { CliObjectFiles } from "#cli/object-ports.ts";

/** Files larger than this are sent in parts of this size; it also is the most that one worker holds in memory. */
export const partBytes = 16 * 1024 * 1024;

/** The entity tag that S3 gives the same bytes: MD5 in hexadecimal, or for parts the MD5 of their MD5s with their number. */
export async function etagOfFile(
  files: Pick<CliObjectFiles, "read">,
  path: string,
  sizeBytes: number,
  signal: AbortSignal,
): Promise<string> {
  const digests: Buffer[] = [];
  for (let at = 0; at < sizeBytes || digests.length === 0; at += partBytes) {
    signal.throwIfAborted();
    digests.push(md5(await files.read(path, at, Math.min(sizeBytes, at + partBytes))));
  }
  const [only] = digests;
  if (sizeBytes <= partBytes && only !== undefined) return only.toString("hex");
  return `${md5(Buffer.concat(digests)).toString("hex")}-${digests.length}`;
}

export function md5(bytes: Uint8Array): Buffer {
  return createHash("md5").update(bytes).digest();
}

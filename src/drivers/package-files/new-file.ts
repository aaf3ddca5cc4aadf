import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";

const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Writes a file where nothing is; a name that is taken, by a link too, is an error. `mode` holds whatever the umask is. */
export async function writeNewFile(
  path: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  options: { readonly mode: number; readonly durable: boolean },
): Promise<void> {
  const handle = await open(path, newFile, options.mode);
  try {
    if (content instanceof Uint8Array) await writeAll(handle, content);
    else for await (const chunk of coalesced(content)) await writeAll(handle, chunk);
    await handle.chmod(options.mode);
    if (options.durable) await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a file, or the names in a folder, durable: fsync(2) of a file says nothing of its name. */
export async function fsyncPath(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const writeBytes = 1 << 20;

/** Many small chunks as few large ones: a tar of small files is three chunks for each. */
async function* coalesced(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    waiting.push(chunk);
    bytes += chunk.byteLength;
    if (bytes < writeBytes) continue;
    yield Buffer.concat(waiting);
    waiting = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(waiting);
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength;) at += (await handle.write(bytes, at)).bytesWritten;
}

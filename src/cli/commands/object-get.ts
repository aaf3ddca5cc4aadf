import { join, resolve, sep } from "node:path";
import { VdcError } from "#api/errors.ts";
import type { ListedObject } from "#api/objects.ts";
import type { Call } from "#cli/declare.ts";
import { forEachAtOnce } from "#cli/objects/at-once.ts";
import { etagOfFile } from "#cli/objects/etag.ts";
import { getFile } from "#cli/objects/get-file.ts";
import { findObject, listed } from "#cli/objects/remote.ts";
import { objectTarget, type ObjectTarget } from "#cli/objects/target.ts";
import { withExchange } from "#cli/objects/transfer.ts";
import { TransferProgress } from "#cli/objects/transfer-progress.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { print } from "#cli/output/print.ts";
import { bytesText, countText } from "#cli/output/units.ts";
import type { Session } from "#cli/session.ts";

interface Fetch {
  readonly key: string;
  readonly sizeBytes: number;
  readonly etag: string;
  readonly path: string;
}

/** `vdc object get BUCKET[/KEY] [PATH]`: one object, or everything below a prefix. */
export async function objectGet(call: Call): Promise<void> {
  const target = objectTarget(call, call.words[0]);
  await withExchange(call, async (session, exchange) => {
    const { objectFiles: files } = session.ports;
    const fetches = await fetchesOf(call, session, target);
    const progress = new TransferProgress(call.io, "received", fetches);
    try {
      await forEachAtOnce(
        fetches,
        async ({ key, etag, sizeBytes, path }, signal) => {
          const here = await files.look(path);
          const isHere =
            here?.what === "file" &&
            here.sizeBytes === sizeBytes &&
            (await etagOfFile(files, path, sizeBytes, signal)) === etag;
          if (isHere) {
            progress.skipped += 1;
            progress.moved(sizeBytes, key);
            return;
          }
          const moved = (bytes: number) => progress.moved(bytes, key);
          const one = { ...target, key };
          await getFile({ exchange, files, target: one, etag, sizeBytes, path, signal, moved });
          progress.done += 1;
        },
        call.io.signal,
      );
    } finally {
      progress.clear();
    }
    const result = { received: progress.done, skipped: progress.skipped, bytes: progress.bytes };
    await print(call, result, () => {
      const skipped = result.skipped === 0 ? "" : `, ${result.skipped} here already`;
      return `${countText(result.received, "file")} received${skipped}, ${bytesText(result.bytes)}\n`;
    });
  });
}

async function fetchesOf(call: Call, session: Session, target: ObjectTarget): Promise<readonly Fetch[]> {
  const { io } = call;
  const exact = target.key === "" || target.key.endsWith("/") ? undefined : await findObject(session, target);
  if (exact !== undefined) {
    const name = exact.key.slice(exact.key.lastIndexOf("/") + 1);
    const given = call.words[1];
    const isFolder =
      given !== undefined &&
      (await session.ports.objectFiles.look(resolve(io.cwd, given)))?.what === "folder";
    const path =
      given === undefined
        ? safePath(io.cwd, name)
        : isFolder
          ? safePath(resolve(io.cwd, given), name)
          : resolve(io.cwd, given);
    if (path === undefined) throw unsafe(exact.key);
    return [fetchOf(exact, path)];
  }
  const folder = resolve(io.cwd, call.words[1] ?? target.bucket);
  const below = target.key === "" || target.key.endsWith("/") ? target.key : `${target.key}/`;
  const fetches: Fetch[] = [];
  for await (const item of listed(session, { ...target, key: below })) {
    if (item.key.endsWith("/") && (item.size ?? 0) === 0) continue; // how some tools say that there is a folder
    const path = safePath(folder, item.key.slice(below.length));
    if (path === undefined) io.stderr(`warning: ${harmlessLine(unsafe(item.key).message)}\n`);
    else fetches.push(fetchOf(item, path));
  }
  if (fetches.length === 0)
    throw new VdcError("not-found", `There is nothing at ${target.bucket}/${target.key}.`);
  return fetches;
}

function fetchOf({ key, size = 0, etag = "" }: ListedObject, path: string): Fetch {
  return { key, sizeBytes: size, etag, path };
}

/** Keys are texts of strangers: one such as `../../.ssh/authorized_keys` must not leave the folder. */
export function safePath(folder: string, relative: string): string | undefined {
  const parts = relative.split("/");
  const isSafe = parts.every(
    (part) => part !== "" && part !== "." && part !== ".." && !part.includes("\0") && !part.includes("\\"),
  );
  const path = join(folder, ...parts);
  return isSafe && path.startsWith(folder.endsWith(sep) ? folder : folder + sep) ? path : undefined;
}

function unsafe(key: string): VdcError {
  return new VdcError("invalid", `${key} is no path that a file could have here; use \`vdc object cat\`.`);
}

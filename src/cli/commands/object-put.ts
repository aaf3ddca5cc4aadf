import { basename, resolve } from "node:path";
import { VdcError } from "#api/errors.ts";
import type { Call } from "#cli/declare.ts";
import { forEachAtOnce } from "#cli/objects/at-once.ts";
import { etagOfFile } from "#cli/objects/etag.ts";
import { putFile } from "#cli/objects/put-file.ts";
import { listed } from "#cli/objects/remote.ts";
import { objectTarget, type ObjectTarget } from "#cli/objects/target.ts";
import { withExchange } from "#cli/objects/transfer.ts";
import { TransferProgress } from "#cli/objects/transfer-progress.ts";
import type { TreeFile } from "#cli/object-ports.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { print } from "#cli/output/print.ts";
import { bytesText, countText } from "#cli/output/units.ts";
import type { Session } from "#cli/session.ts";

/** Files of one call: they are held in memory, as names. */
const maxFiles = 200_000;

/** `vdc object put FILE|FOLDER BUCKET[/KEY]`: what is there already with the same bytes is not sent again. */
export async function objectPut(call: Call): Promise<void> {
  const [from = "", to] = call.words;
  const target = objectTarget(call, to);
  await withExchange(call, async (session, exchange) => {
    const { objectFiles: files } = session.ports;
    const sends = await sendsOf(session, resolve(call.io.cwd, from), from, target);
    const standing = await etagsOf(session, target, sends);
    const progress = new TransferProgress(
      call.io,
      "sent",
      sends.map(({ file }) => file),
    );
    try {
      await forEachAtOnce(
        sends,
        async ({ file, key }, signal) => {
          const there = standing.get(key);
          const isThere =
            there?.size === file.sizeBytes &&
            there.etag === (await etagOfFile(files, file.path, file.sizeBytes, signal));
          if (isThere) {
            progress.skipped += 1;
            progress.moved(file.sizeBytes, key);
            return;
          }
          const moved = (bytes: number) => progress.moved(bytes, key);
          await putFile({ session, exchange, files, file, target: { ...target, key }, signal, moved });
          progress.done += 1;
        },
        call.io.signal,
      );
    } finally {
      progress.clear();
    }
    const result = { sent: progress.done, skipped: progress.skipped, bytes: progress.bytes };
    await print(call, result, () => {
      const skipped = result.skipped === 0 ? "" : `, ${result.skipped} there already`;
      return `${countText(result.sent, "file")} sent${skipped}, ${bytesText(result.bytes)} in ${harmlessLine(target.bucket)}\n`;
    });
  });
}

interface Send {
  readonly file: TreeFile;
  readonly key: string;
}

async function sendsOf(
  session: Session,
  path: string,
  shown: string,
  target: ObjectTarget,
): Promise<readonly Send[]> {
  const { objectFiles: files } = session.ports;
  const found = await files.look(path);
  if (found === undefined) throw new VdcError("not-found", `There is no file or folder ${shown}.`);
  const below = target.key === "" || target.key.endsWith("/") ? target.key : `${target.key}/`;
  if (found.what === "folder")
    return (await files.below(path, maxFiles)).map((file) => ({ file, key: below + file.relative }));
  const name = basename(path);
  const key = target.key === "" || target.key.endsWith("/") ? target.key + name : target.key;
  return [{ file: { path, relative: name, sizeBytes: found.sizeBytes }, key }];
}

/** What lies under the keys already. */
async function etagsOf(session: Session, target: ObjectTarget, sends: readonly Send[]) {
  const [only] = sends;
  const isOne = sends.length === 1 && only !== undefined;
  const wanted = new Set(sends.map(({ key }) => key));
  const found = new Map<string, { readonly size: number; readonly etag: string }>();
  const from = isOne ? { ...target, key: only.key } : target;
  for await (const { key, size, etag } of listed(session, from, isOne ? { limit: 1 } : {}))
    if (wanted.has(key) && size !== undefined && etag !== undefined) found.set(key, { size, etag });
  return found;
}

import type { CliFile } from "#cli/ports.ts";
import { Progress } from "#cli/progress.ts";
import { bytesText } from "#cli/output/units.ts";
import type { Session } from "#cli/session.ts";
import type { Package } from "./find-package.ts";

/** Sends a package to the project's catalogue, and shows how far it is. */
export async function uploadPackage(session: Session, project: string, file: CliFile): Promise<Package> {
  const progress = new Progress(session.io);
  const total = bytesText(file.sizeBytes);
  progress.show(`uploading ${total}`, "uploading");
  let sent = 0;
  const counted = file.open().pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        sent += chunk.byteLength;
        const percent = file.sizeBytes === 0 ? 100 : Math.floor((sent * 100) / file.sizeBytes);
        progress.show(`uploading ${bytesText(sent)} of ${total} (${percent} %)`, "uploading");
        controller.enqueue(chunk);
      },
    }),
  );
  try {
    const made = await session.client.call(session.client.routes["package.upload"], {
      params: { project },
      file: counted,
      signal: session.io.signal,
    });
    return made as unknown as Package; // as the kind's schema says
  } finally {
    progress.clear();
  }
}

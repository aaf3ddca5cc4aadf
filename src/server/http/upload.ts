import type { IncomingMessage } from "node:http";
import { VdcError } from "#api/errors.ts";
import type { Clock } from "#lib/clock.ts";
import type { ServerLimits } from "../limits.ts";

/**
 * The body of a request as it comes, never held as a whole: the sender waits while the reader does. Throws
 * `too-large` past `uploadBytes`, and `bad-request` for an upload that breaks off or falls silent. A reader may stop
 * anywhere; the connection then still takes an answer.
 */
export async function* readUpload(
  request: IncomingMessage,
  { limits, clock }: { readonly limits: ServerLimits; readonly clock: Clock },
): AsyncGenerator<Uint8Array> {
  const tooLarge = () =>
    new VdcError("too-large", `An upload may have at most ${limits.uploadBytes / 1_073_741_824} GiB.`);
  if (Number(request.headers["content-length"] ?? 0) > limits.uploadBytes) throw tooLarge();
  const silent = new VdcError("bad-request", `Nothing came for ${limits.uploadIdleMs / 1000} s.`);
  // Node's type leaves it open; a request without an encoding gives buffers.
  const chunks = request.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Uint8Array>;
  let received = 0;
  try {
    for (;;) {
      const next = await chunkWithin(chunks, () => request.destroy(silent), { limits, clock });
      if (next.done === true) return;
      received += next.value.byteLength;
      if (received > limits.uploadBytes) throw tooLarge();
      yield next.value;
    }
  } catch (cause) {
    if (cause instanceof VdcError) throw cause;
    throw new VdcError("bad-request", "The upload broke off.", { cause });
  } finally {
    await chunks.return?.();
  }
}

/** Only waiting for the sender counts as silence: the reader's own time does not. */
async function chunkWithin(
  chunks: AsyncIterator<Uint8Array>,
  onSilent: () => void,
  { limits, clock }: { readonly limits: ServerLimits; readonly clock: Clock },
): Promise<IteratorResult<Uint8Array, unknown>> {
  using _timer = clock.after(limits.uploadIdleMs, onSilent);
  return await chunks.next();
}

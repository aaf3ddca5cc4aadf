import { VdcError } from "#api/errors.ts";
import type { Clock } from "#lib/clock.ts";
import { workerLimits } from "./limits.ts";
import type { BlobFetch } from "./ports.ts";

/** The store answered, and it was no. */
export class TransferRefused extends Error {
  override readonly name = "TransferRefused";
  readonly status: number;

  constructor(status: number) {
    super(`the store answered with HTTP ${status}`);
    this.status = status;
  }
}

interface Ports {
  readonly fetch: BlobFetch;
  readonly clock: Pick<Clock, "after">;
}

/** Exactly `length` bytes from a presigned address; not one more is kept. */
export async function getBytes(
  { fetch, clock }: Ports,
  url: string,
  length: number,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  using limit = withTime(clock, signal);
  const response = await fetch(url, { method: "GET", signal: limit.signal });
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new TransferRefused(response.status);
  }
  return await readExactly(response.body, length);
}

/** Reads a body that must have this length. Throws `VdcError` `unavailable` when it has another. */
export async function readExactly(
  body: ReadableStream<Uint8Array>,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  const reader = body.getReader();
  let at = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (value.length > length - at) {
      await reader.cancel();
      throw new VdcError("unavailable", "The store gave more than was asked for.");
    }
    bytes.set(value, at);
    at += value.length;
  }
  if (at !== length) throw new VdcError("unavailable", "The store's answer broke off.");
  return bytes;
}

export async function putBytes(
  { fetch, clock }: Ports,
  place: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
  bytes: Uint8Array<ArrayBuffer>,
  signal: AbortSignal,
): Promise<void> {
  using limit = withTime(clock, signal);
  const response = await fetch(place.url, {
    method: "PUT",
    body: bytes,
    headers: place.headers,
    signal: limit.signal,
  });
  await response.body?.cancel();
  if (!response.ok) throw new TransferRefused(response.status);
}

/** A signal that also aborts when a transfer takes too long. */
function withTime(clock: Ports["clock"], signal: AbortSignal): Disposable & { readonly signal: AbortSignal } {
  const late = new AbortController();
  const timer = clock.after(workerLimits.transferMs, () =>
    late.abort(new VdcError("unreachable", "The store took too long.")),
  );
  return { signal: AbortSignal.any([signal, late.signal]), [Symbol.dispose]: () => timer[Symbol.dispose]() };
}

import { protocolLimits, type Lease, type Output } from "#api/burst-protocol.ts";
import { VdcError } from "#api/errors.ts";
import { backoffMs } from "#lib/backoff.ts";
import type { Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import { base64Of, bytesOfBase64 } from "../packages/base64.ts";
import type { Sha256 } from "../task.ts";
import { BlobCache } from "./blob-cache.ts";
import { Budget } from "./budget.ts";
import { workerLimits } from "./limits.ts";
import type { BlobFetch, ShareBytes } from "./ports.ts";
import type { SchedulerLink } from "./scheduler-link.ts";
import { getBytes, putBytes, TransferRefused } from "./transfer.ts";

/** An input is missing, or not what its hash says: neither the task's fault nor this worker's. */
export class BlobFault extends Error {
  override readonly name = "BlobFault";
  readonly blob: string;

  constructor(blob: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.blob = blob;
  }
}

export interface BlobPorts {
  readonly link: SchedulerLink;
  readonly fetch: BlobFetch;
  readonly sha256: Sha256;
  /** Where inputs are kept; when absent, as they came. */
  readonly share?: ShareBytes;
  readonly clock: Clock;
  readonly random: Random;
}

type Input = Lease["inputs"][number];

/** The blobs of tasks: inputs come verified, outputs leave before they are told. */
export class Blobs {
  readonly #ports: BlobPorts;
  readonly #cache: BlobCache;
  readonly #transfers = new Budget(workerLimits.maxTransfers);
  readonly #coming = new Map<string, Promise<Uint8Array>>();

  constructor(ports: BlobPorts, maxCacheBytes: number) {
    this.#ports = ports;
    this.#cache = new BlobCache(maxCacheBytes);
  }

  /** Hashes of what it holds, newest last. */
  holds(): string[] {
    return this.#cache.hashes().slice(-workerLimits.maxHolds);
  }

  /** Bytes of an input whose SHA-256 is its name. Throws `BlobFault`; what the network says; the signal's reason. */
  async get(job: string, input: Input, signal: AbortSignal): Promise<Uint8Array> {
    const kept = this.#cache.get(input.blob);
    if (kept !== undefined) return kept;
    if (input.inline !== undefined) return await this.#verified(input, bytesOfBase64(input.inline));
    for (;;) {
      const other = this.#coming.get(input.blob);
      if (other === undefined) break;
      try {
        return await other;
      } catch {
        signal.throwIfAborted(); // the other task was stopped, or failed: this one tries for itself
      }
    }
    const coming = this.#download(job, input, signal);
    this.#coming.set(input.blob, coming);
    try {
      return await coming;
    } finally {
      this.#coming.delete(input.blob);
    }
  }

  /** Uploads what is not small, and answers how the outputs are told, in order. */
  async put(
    job: string,
    outputs: readonly Uint8Array<ArrayBuffer>[],
    signal: AbortSignal,
  ): Promise<Output[]> {
    const told = await Promise.all(
      outputs.map(async (bytes) => ({ bytes, blob: await this.#ports.sha256(bytes) })),
    );
    for (const { blob, bytes } of told) this.#cache.set(blob, bytes);
    let inlined = 0;
    const small = new Set<Uint8Array>();
    for (const { bytes } of told) {
      if (bytes.length > protocolLimits.maxInlineBytes) continue;
      inlined += bytes.length;
      if (inlined <= workerLimits.maxInlineOfTask) small.add(bytes);
    }
    const large = told.filter(({ bytes }) => !small.has(bytes));
    const distinct = [...new Map(large.map((each) => [each.blob, each])).values()];
    for (let at = 0; at < distinct.length; at += protocolLimits.maxBatch)
      await this.#upload(job, distinct.slice(at, at + protocolLimits.maxBatch), signal);
    return told.map(({ blob, bytes }) => ({
      blob,
      bytes: bytes.length,
      ...(small.has(bytes) ? { inline: base64Of(bytes) } : {}),
    }));
  }

  async #verified({ blob, bytes: length }: Input, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    if (bytes.length !== length || (await this.#ports.sha256(bytes)) !== blob)
      throw new BlobFault(blob, "the blob is not what its hash says");
    const kept = this.#ports.share?.(bytes) ?? bytes;
    this.#cache.set(blob, kept);
    return kept;
  }

  async #download(job: string, input: Input, signal: AbortSignal): Promise<Uint8Array> {
    return await this.#trying(signal, async (attempt) => {
      const given = attempt === 0 ? input.url : undefined;
      const url = given ?? (await this.#address(job, input.blob));
      using _turn = await this.#transfers.borrow(1, signal);
      try {
        return await this.#verified(input, await getBytes(this.#ports, url, input.bytes, signal));
      } catch (error) {
        if (error instanceof TransferRefused && error.status === 404)
          throw new BlobFault(input.blob, "the blob is not in the store", error);
        throw error;
      }
    });
  }

  async #address(job: string, blob: string): Promise<string> {
    const { get } = await this.#ports.link.addresses({ job, get: [blob], put: [] });
    const url = get.find((each) => each.blob === blob)?.url;
    if (url === undefined) throw new BlobFault(blob, "the scheduler knows no address of the blob");
    return url;
  }

  async #upload(
    job: string,
    outputs: readonly { readonly blob: string; readonly bytes: Uint8Array<ArrayBuffer> }[],
    signal: AbortSignal,
  ): Promise<void> {
    await this.#trying(signal, async () => {
      const wanted = outputs.map(({ blob, bytes }) => ({ blob, bytes: bytes.length }));
      const { put } = await this.#ports.link.addresses({ job, get: [], put: wanted });
      const places = new Map(put.map((each) => [each.blob, each]));
      const sending = outputs.map(async ({ blob, bytes }) => {
        const place = places.get(blob);
        if (place === undefined)
          throw new VdcError("unavailable", "The scheduler gave no address for an output.");
        if (place.url === undefined) return; // it is there already
        using _turn = await this.#transfers.borrow(1, signal);
        await putBytes(this.#ports, { url: place.url, headers: place.headers ?? {} }, bytes, signal);
      });
      await Promise.all(sending);
    });
  }

  /** Again after what may pass: a broken connection, an address that is too old. */
  async #trying<T>(signal: AbortSignal, attempt: (number: number) => Promise<T>): Promise<T> {
    const { clock, random } = this.#ports;
    for (let number = 0; ; number += 1) {
      try {
        return await attempt(number);
      } catch (error) {
        signal.throwIfAborted();
        const isFinal = error instanceof BlobFault || number + 1 >= workerLimits.transferAttempts;
        if (isFinal) throw error;
        await clock.sleep(backoffMs(number, workerLimits.transferRetry, random), signal);
      }
    }
  }
}

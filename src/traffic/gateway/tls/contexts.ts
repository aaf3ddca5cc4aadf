import type { SecureContext } from "node:tls";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";

export interface ContextPorts {
  /** The files of a certificate; rejects when they are not there. */
  readonly readPem: (fingerprint: string) => Promise<{ readonly cert: string; readonly key: string }>;
  /** Throws when they are of no use. */
  readonly createContext: (pem: { readonly cert: string; readonly key: string }) => SecureContext;
  readonly clock: Clock;
  readonly log: Log;
}

/** Contexts that are kept; some 30 kB each. The one that was asked for longest ago goes first. */
const maxContexts = 2_000;
/** A certificate that could not be read is tried again after this. */
const retryMs = 60_000;

/** What certificates are used by, made once for each fingerprint when it is first asked for. */
export class Contexts {
  readonly #ports: ContextPorts;
  readonly #kept = new Map<string, Promise<SecureContext | undefined>>();

  constructor(ports: ContextPorts) {
    this.#ports = ports;
  }

  /** Undefined when its files are of no use; that is logged, and tried again after a minute. Never rejects. */
  get(fingerprint: string): Promise<SecureContext | undefined> {
    const kept = this.#kept.get(fingerprint);
    this.#kept.delete(fingerprint);
    const context = kept ?? this.#load(fingerprint);
    this.#kept.set(fingerprint, context); // now it is the newest
    if (this.#kept.size > maxContexts) {
      const [oldest] = this.#kept.keys();
      if (oldest !== undefined) this.#kept.delete(oldest);
    }
    return context;
  }

  /** Forgets all others. */
  keep(fingerprints: ReadonlySet<string>): void {
    for (const fingerprint of this.#kept.keys())
      if (!fingerprints.has(fingerprint)) this.#kept.delete(fingerprint);
  }

  get size(): number {
    return this.#kept.size;
  }

  async #load(fingerprint: string): Promise<SecureContext | undefined> {
    const { readPem, createContext, clock, log } = this.#ports;
    try {
      return createContext(await readPem(fingerprint));
    } catch (error) {
      log.error("gateway.certificate.unusable", { fingerprint, error });
      clock.after(retryMs, () => this.#kept.delete(fingerprint));
      return undefined;
    }
  }
}

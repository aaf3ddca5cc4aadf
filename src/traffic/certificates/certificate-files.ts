import type { Clock } from "#lib/clock.ts";
import { certificateFacts, type CertificateFacts, type Pem } from "./pem.ts";

/** The folder of certificates that gateways of this machine read; `src/main` fills it. Names are ours, never from outside. */
export interface PrivateFolder {
  /** Undefined when there is none. */
  read(name: string): Promise<string | undefined>;
  /** Whole or not at all, for its owner's eyes only. */
  write(name: string, text: string): Promise<void>;
  names(): Promise<readonly string[]>;
  remove(name: string): Promise<void>;
}

/**
 * Certificates with their keys, by fingerprint. The files are the only place where keys are: nothing of a key is in the
 * database, and another machine has none of them.
 */
export interface CertificateFiles {
  /** Keeps both; the key is there before the certificate is. */
  keep(pem: Pem): Promise<CertificateFacts>;
  /** Undefined when one of both is missing. */
  read(fingerprint: string): Promise<Pem | undefined>;
  /**
   * Removes what has not been in use for some minutes, by what the calls say; says how many files went. Not at once: a new
   * certificate is here before anything names it, and gateways may read an old one until they have the next snapshot.
   */
  removeUnused(inUse: ReadonlySet<string>): Promise<number>;
}

/** Holds the fingerprint of the data center's own certificate, which no resource names. */
export const fallbackFile = "fallback";
const unusedMs = 10 * 60_000;

const fileName = /^([0-9a-f]{64})\.(?:crt|key)$/;

export function certificateFiles(folder: PrivateFolder, clock: Clock): CertificateFiles {
  /** Since when nothing names them, on the monotonic clock. */
  let unused = new Map<string, number>();
  return {
    keep: async (pem) => {
      const facts = certificateFacts(pem.cert);
      await folder.write(`${facts.fingerprint}.key`, pem.key);
      await folder.write(`${facts.fingerprint}.crt`, pem.cert);
      return facts;
    },
    read: async (fingerprint) => {
      const [cert, key] = await Promise.all([
        folder.read(`${fingerprint}.crt`),
        folder.read(`${fingerprint}.key`),
      ]);
      return cert === undefined || key === undefined ? undefined : { cert, key };
    },
    removeUnused: async (inUse) => {
      const now = clock.monotonic();
      const fallback = (await folder.read(fallbackFile))?.trim();
      const before = unused;
      unused = new Map();
      let removed = 0;
      for (const name of await folder.names()) {
        const fingerprint = fileName.exec(name)?.[1];
        if (fingerprint === undefined || inUse.has(fingerprint) || fingerprint === fallback) continue;
        const since = before.get(fingerprint) ?? now;
        unused.set(fingerprint, since);
        if (now - since <= unusedMs) continue;
        await folder.remove(name);
        removed += 1;
      }
      return removed;
    },
  };
}

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
  /** Removes all that are not in use; says how many went. */
  removeOthers(inUse: ReadonlySet<string>): Promise<number>;
}

const fileName = /^([0-9a-f]{64})\.(?:crt|key)$/;

export function certificateFiles(folder: PrivateFolder): CertificateFiles {
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
    removeOthers: async (inUse) => {
      const names = await folder.names();
      const unused = names.filter((name) => {
        const fingerprint = fileName.exec(name)?.[1];
        return fingerprint !== undefined && !inUse.has(fingerprint);
      });
      for (const name of unused) await folder.remove(name);
      return unused.length;
    },
  };
}

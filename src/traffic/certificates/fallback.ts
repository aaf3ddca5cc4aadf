import type { Clock } from "#lib/clock.ts";
import { fallbackFile, type CertificateFiles, type PrivateFolder } from "./certificate-files.ts";
import { certificateFacts, notCovered, type Pem } from "./pem.ts";

export type MakeSelfSigned = (
  names: readonly string[],
  validity: { readonly notBefore: number; readonly notAfter: number },
) => Promise<Pem>;

export interface Fallback {
  readonly hosts: readonly string[];
  readonly fingerprint: string;
}

const dayMs = 24 * 3_600_000;
/** The longest that browsers take from an authority; a self-signed one is trusted by hand or not at all. */
const validDays = 825;
const renewDays = 30;
/** How long what was found is believed. */
const believedMs = 3_600_000;

/**
 * The data center's own self-signed certificate, for names below its domain and for names that have no other: so every app is
 * there over https from the first minute, with a warning in the browser. Made once, and again before it ends.
 */
export function fallbackCertificate(options: {
  readonly domain: string;
  readonly folder: PrivateFolder;
  readonly files: CertificateFiles;
  readonly makeSelfSigned: MakeSelfSigned;
  readonly clock: Clock;
}): () => Promise<Fallback> {
  const { domain, folder, files, makeSelfSigned, clock } = options;
  const hosts = [`*.${domain}`, domain];
  let known: { readonly fallback: Fallback; readonly atMs: number } | undefined;

  const standing = async (): Promise<string | undefined> => {
    const fingerprint = (await folder.read(fallbackFile))?.trim() ?? "";
    const pem = /^[0-9a-f]{64}$/.test(fingerprint) ? await files.read(fingerprint) : undefined;
    if (pem === undefined) return undefined;
    const { names, notAfter } = certificateFacts(pem.cert);
    const isGood =
      Date.parse(notAfter) - clock.now() > renewDays * dayMs && notCovered(names, hosts).length === 0;
    return isGood ? fingerprint : undefined;
  };
  const make = async (): Promise<string> => {
    const now = clock.now();
    const pem = await makeSelfSigned(hosts, {
      notBefore: now - dayMs,
      notAfter: now + (validDays - 1) * dayMs,
    });
    const { fingerprint } = await files.keep(pem);
    await folder.write(fallbackFile, fingerprint);
    return fingerprint;
  };
  return async () => {
    if (known === undefined || clock.monotonic() - known.atMs > believedMs)
      known = {
        fallback: { hosts, fingerprint: (await standing()) ?? (await make()) },
        atMs: clock.monotonic(),
      };
    return known.fallback;
  };
}

import type { SnapshotContent } from "../../snapshot.ts";

/** Name of the data center's own certificate in a snapshot. */
const fallbackId = "fallback";

/** Which certificate, by its fingerprint, is served for a name. */
export interface CertificateNames {
  /** `name` is in lower case without a last dot. Undefined: the fallback. */
  find(name: string): string | undefined;
  readonly fallback: string | undefined;
  readonly fingerprints: ReadonlySet<string>;
}

/** A wildcard stands for one label (RFC 6125 section 6.4.3); a name of its own wins over it. */
export function certificateNames(certificates: SnapshotContent["certificates"]): CertificateNames {
  const byPattern = new Map<string, string>();
  for (const { hosts, fingerprint } of certificates)
    for (const host of hosts) if (!byPattern.has(host)) byPattern.set(host, fingerprint);
  return {
    find: (name) => {
      const dot = name.indexOf(".");
      return byPattern.get(name) ?? (dot > 0 ? byPattern.get(`*${name.slice(dot)}`) : undefined);
    },
    fallback: certificates.find((one) => one.id === fallbackId)?.fingerprint,
    fingerprints: new Set(certificates.map((one) => one.fingerprint)),
  };
}

import type { SnapshotContent } from "../snapshot.ts";
import { compareText, projectOf, type Certificate, type TrafficPlace } from "./facts.ts";
import type { HostTable } from "./hosts.ts";

type SnapshotCertificate = SnapshotContent["certificates"][number];
type SnapshotChallenge = SnapshotContent["challenges"][number];

/** Of a snapshot's certificate, as in its schema. */
const maxHosts = 100;
const maxCertificates = 5_000;
const maxChallenges = 1_000;

/** Name of the data center's own certificate in a snapshot; a resource's id always has a prefix. */
export const fallbackCertificateId = "fallback";

/**
 * Which certificate is served for which name. A project's certificate is served only for names that no other project has:
 * else anybody could show another tenant's visitors a certificate of his own. Each name is served by one certificate: one
 * that browsers trust before a self-signed one, then the one that is good for longer.
 */
export function planCertificates(
  certificates: readonly Certificate[],
  hosts: HostTable,
  fallback: TrafficPlace["fallbackCertificate"],
): readonly SnapshotCertificate[] {
  const served = new Set<string>();
  const planned = certificates
    .toSorted(bestFirst)
    .flatMap((certificate): readonly SnapshotCertificate[] => {
      const { fingerprint } = certificate.status;
      if (fingerprint === undefined) return [];
      const wanted = certificate.spec.hosts.flatMap((host) => servedFor(host, projectOf(certificate), hosts));
      const own = [...new Set(wanted)].filter((host) => !served.has(host)).slice(0, maxHosts);
      if (own.length === 0) return [];
      for (const host of own) served.add(host);
      return [{ id: certificate.id, hosts: own.toSorted(compareText), fingerprint }];
    })
    .slice(0, maxCertificates - 1);
  if (fallback !== undefined) {
    const free = fallback.hosts.filter((host) => !served.has(host));
    if (free.length > 0)
      planned.push({ id: fallbackCertificateId, hosts: free, fingerprint: fallback.fingerprint });
  }
  return planned.toSorted((a, b) => compareText(a.id, b.id));
}

/** The pattern itself, or, for a wildcard over names of several projects, the names of this one that it is good for. */
function servedFor(pattern: string, project: string, hosts: HostTable): readonly string[] {
  if (!pattern.startsWith("*.")) {
    const owner = hosts.ownerOf(pattern);
    return owner === undefined || owner === project ? [pattern] : [];
  }
  const covered = hosts
    .under(pattern)
    .filter((one) => one.pattern === pattern || isCovered(one.pattern, pattern));
  const above = hosts.ownerOf(pattern);
  const isForeign = above !== undefined && above !== project;
  if (!isForeign && covered.every((one) => one.project === project)) return [pattern];
  return covered.filter((one) => one.project === project).map((one) => one.pattern);
}

/** A certificate's wildcard stands for exactly one label (RFC 6125 section 6.4.3). */
function isCovered(host: string, wildcard: string): boolean {
  const label = host.slice(0, host.length - wildcard.length + 1);
  return host.endsWith(wildcard.slice(1)) && label !== "*" && !label.includes(".");
}

function bestFirst(a: Certificate, b: Certificate): number {
  return (
    Number("selfSigned" in a.spec.issuer) - Number("selfSigned" in b.spec.issuer) ||
    compareText(b.status.notAfter ?? "", a.status.notAfter ?? "") ||
    compareText(a.id, b.id)
  );
}

/**
 * Answers to challenges of certificates that are being issued. Only for hosts that the project may have: the answer proves
 * to the authority that whoever asked controls the name.
 */
export function planChallenges(
  certificates: readonly Certificate[],
  hosts: HostTable,
): readonly SnapshotChallenge[] {
  return certificates
    .flatMap((certificate) => {
      const project = projectOf(certificate);
      return (certificate.status.challenges ?? []).filter(({ host }) => {
        const owner = hosts.ownerOf(host);
        return owner === undefined || owner === project;
      });
    })
    .map(({ host, token, answer }) => ({ host, token, answer }))
    .toSorted((a, b) => compareText(a.host, b.host) || compareText(a.token, b.token))
    .slice(0, maxChallenges);
}

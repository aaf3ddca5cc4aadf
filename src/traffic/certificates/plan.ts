import type { Certificate } from "../plan/facts.ts";
import { certificateFacts, checkKey, notCovered, type CertificateFacts, type Pem } from "./pem.ts";
import { VdcError } from "#api/errors.ts";
import { canonicalJson } from "#lib/json.ts";
import { isoTime } from "#lib/clock.ts";

/** What a pass knows of one certificate. */
export interface CertificateObserved {
  readonly key: string;
  /** Absent once it is gone. */
  readonly certificate?: Certificate;
  /** The files of the fingerprint in its status; undefined when they are not on this machine. */
  readonly standing?: CertificateFacts;
  /** For a provided one: the private key in the secret that it names; undefined when there is none. */
  readonly providedKey?: string;
  /** For the key of all files: fingerprints that resources name. */
  readonly inUse?: ReadonlySet<string>;
}

export type CertificateAction =
  | { readonly do: "finalize"; readonly certificate: Certificate }
  | { readonly do: "self-sign"; readonly certificate: Certificate; readonly days: number }
  | { readonly do: "keep-provided"; readonly certificate: Certificate; readonly pem: Pem }
  | { readonly do: "order"; readonly certificate: Certificate }
  | { readonly do: "remove-unused"; readonly inUse: ReadonlySet<string> }
  | {
      readonly do: "write-status";
      readonly certificate: Certificate;
      readonly status: Certificate["status"];
    };

const dayMs = 24 * 3_600_000;

/** What has to be done so that a certificate is there, is good, and is renewed in time. Pure. */
export function planCertificate(observed: CertificateObserved, now: number): readonly CertificateAction[] {
  const { certificate, inUse } = observed;
  if (inUse !== undefined) return [{ do: "remove-unused", inUse }];
  if (certificate === undefined) return [];
  if (certificate.deletingSince !== undefined) return [{ do: "finalize", certificate }];
  const { issuer } = certificate.spec;
  if ("provided" in issuer) return planProvided(certificate, observed, now);
  const isDue = needsNew(certificate, observed.standing, now);
  if ("selfSigned" in issuer) {
    if (isDue) return [{ do: "self-sign", certificate, days: issuer.selfSigned.days }];
    return stands(certificate, observed.standing, now);
  }
  const wildcard = certificate.spec.hosts.find((host) => host.startsWith("*."));
  if (wildcard !== undefined)
    return failed(
      certificate,
      `${wildcard} needs a challenge by DNS, which VDC does not answer; name each host, or provide the certificate`,
    );
  if (!isDue) return stands(certificate, observed.standing, now);
  return mayTry(certificate, now)
    ? [{ do: "order", certificate }]
    : expiredMeanwhile(certificate, observed.standing, now);
}

/** A certificate that was issued now, in the words of a status. */
export function readyStatus(certificate: Certificate, facts: CertificateFacts): Certificate["status"] {
  const { fingerprint, notBefore, notAfter, issuedBy } = facts;
  return {
    phase: "ready",
    fingerprint,
    notBefore,
    notAfter,
    issuedBy,
    observedGeneration: certificate.generation,
  };
}

/** An order that failed: the certificate that stands goes on to be served, and the next try waits longer each time. */
export function refusedStatus(
  certificate: Certificate,
  refusal: { readonly reason: string; readonly retryAfterMs: number },
  now: number,
): Certificate["status"] {
  const { challenges: _, nextAttemptAt: __, ...before } = certificate.status;
  const isGood = before.fingerprint !== undefined && Date.parse(before.notAfter ?? "") > now;
  return {
    ...before,
    phase: isGood ? "ready" : before.fingerprint === undefined ? "failed" : "expired",
    reason: `${isGood ? "not renewed yet: " : ""}${refusal.reason}`.slice(0, maxReasonLength),
    failures: (before.failures ?? 0) + 1,
    nextAttemptAt: isoTime(now + refusal.retryAfterMs),
    observedGeneration: certificate.generation,
  };
}

const maxReasonLength = 1_000;

function planProvided(
  certificate: Certificate,
  { standing, providedKey }: CertificateObserved,
  now: number,
): readonly CertificateAction[] {
  const { issuer, hosts } = certificate.spec;
  if (!("provided" in issuer)) return [];
  const { chain, keySecret } = issuer.provided;
  if (providedKey === undefined) return failed(certificate, `secret ${keySecret} has no value`);
  const pem = { cert: chain, key: providedKey };
  let facts: CertificateFacts;
  try {
    facts = certificateFacts(chain);
    checkKey(pem);
  } catch (error) {
    if (error instanceof VdcError) return failed(certificate, error.message); // what is wrong with what the user gave
    throw error;
  }
  const missing = notCovered(facts.names, hosts);
  if (missing.length > 0) return failed(certificate, `the certificate is not good for ${missing.join(", ")}`);
  if (standing?.fingerprint !== facts.fingerprint) return [{ do: "keep-provided", certificate, pem }];
  return stands(certificate, standing, now);
}

function needsNew(certificate: Certificate, standing: CertificateFacts | undefined, now: number): boolean {
  if (standing === undefined) return true;
  const { hosts, renewBeforeDays } = certificate.spec;
  if (notCovered(standing.names, hosts).length > 0) return true;
  const isSelfSigned = "selfSigned" in certificate.spec.issuer;
  // Its issuer was changed: the one that stands came from somewhere else.
  if (
    isSelfSigned !== (standing.issuedBy === selfSignedBy) &&
    certificate.status.observedGeneration !== certificate.generation
  )
    return true;
  const [from, to] = [Date.parse(standing.notBefore), Date.parse(standing.notAfter)];
  // Of a short life the last third is kept for renewal, whatever was asked for.
  const before = Math.min(renewBeforeDays * dayMs, (to - from) / 3);
  return now > to - before - jitter(certificate.id) * (before / 10);
}

/** Common name of certificates that we sign ourselves. */
export const selfSignedBy = "VDC";

/** Between 0 and 1, the same for a certificate at any time: a thousand of them are not renewed at one moment. */
function jitter(id: string): number {
  let hash = 0;
  for (const letter of id) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 1_000;
  return hash / 1_000;
}

/** After a refusal when its time has come; at once when the user has changed something since. */
function mayTry({ status, generation }: Certificate, now: number): boolean {
  if (status.nextAttemptAt === undefined || Date.parse(status.nextAttemptAt) <= now) return true;
  return status.phase !== "issuing" && status.observedGeneration !== generation;
}

function stands(
  certificate: Certificate,
  standing: CertificateFacts | undefined,
  now: number,
): readonly CertificateAction[] {
  if (standing === undefined) return [];
  const isExpired = Date.parse(standing.notAfter) <= now;
  const ready = readyStatus(certificate, standing);
  return changed(
    certificate,
    isExpired ? { ...ready, phase: "expired", reason: "it ended; provide a new one" } : ready,
  );
}

/** While it may not be tried again: a status that says ready would be a lie after its end. */
function expiredMeanwhile(
  certificate: Certificate,
  standing: CertificateFacts | undefined,
  now: number,
): readonly CertificateAction[] {
  const { phase } = certificate.status;
  if (standing === undefined || phase !== "ready" || Date.parse(standing.notAfter) > now) return [];
  return changed(certificate, { ...certificate.status, phase: "expired" });
}

function failed(certificate: Certificate, reason: string): readonly CertificateAction[] {
  const { fingerprint, notBefore, notAfter, issuedBy } = certificate.status;
  const kept =
    fingerprint === undefined || notBefore === undefined || notAfter === undefined
      ? {}
      : { fingerprint, notBefore, notAfter, ...(issuedBy === undefined ? {} : { issuedBy }) };
  return changed(certificate, {
    ...kept,
    phase: "failed",
    reason: reason.slice(0, maxReasonLength),
    observedGeneration: certificate.generation,
  });
}

function changed(certificate: Certificate, status: Certificate["status"]): readonly CertificateAction[] {
  if (canonicalJson(status) === canonicalJson(certificate.status)) return [];
  return [{ do: "write-status", certificate, status }];
}

import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { VdcError } from "#api/errors.ts";
import { isoTime } from "#lib/clock.ts";

export interface Pem {
  /** The certificate, and the intermediates after it. */
  readonly cert: string;
  readonly key: string;
}

/** What a certificate says of itself. */
export interface CertificateFacts {
  /** SHA-256 of the certificate, lower-case hex; names its files. */
  readonly fingerprint: string;
  /** ISO 8601. */
  readonly notBefore: string;
  readonly notAfter: string;
  readonly issuedBy: string;
  /** DNS names in lower case, wildcards as they are. */
  readonly names: readonly string[];
}

/** Reads the first certificate of a chain. Throws `invalid` for what is none. */
export function certificateFacts(chain: string): CertificateFacts {
  const certificate = parse(chain);
  return {
    fingerprint: createHash("sha256").update(certificate.raw).digest("hex"),
    notBefore: isoTime(Date.parse(certificate.validFrom)),
    notAfter: isoTime(Date.parse(certificate.validTo)),
    issuedBy: commonName(certificate.issuer),
    names: dnsNames(certificate.subjectAltName),
  };
}

/** Throws `invalid` when the key is not the certificate's. */
export function checkKey({ cert, key }: Pem): void {
  let fits: boolean;
  try {
    fits = parse(cert).checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    if (cause instanceof VdcError) throw cause;
    throw new VdcError("invalid", "The private key is not in PEM form, or it has a passphrase.", { cause });
  }
  if (!fits) throw new VdcError("invalid", "The private key is not the one of the certificate.");
}

/** Hosts that a certificate is not good for. A wildcard stands for one label (RFC 6125 section 6.4.3). */
export function notCovered(names: readonly string[], hosts: readonly string[]): readonly string[] {
  const covered = new Set(names);
  return hosts.filter((host) => !covered.has(host) && !covered.has(`*${host.slice(host.indexOf("."))}`));
}

function parse(chain: string): X509Certificate {
  try {
    return new X509Certificate(chain);
  } catch (cause) {
    throw new VdcError("invalid", "The certificate is not in PEM form.", { cause });
  }
}

function commonName(issuer: string): string {
  const line = issuer.split("\n").find((one) => one.startsWith("CN=")) ?? issuer.split("\n")[0] ?? "";
  return line.replace(/^CN=/, "").slice(0, 200);
}

/** Names with a comma or a quote are not DNS names; Node quotes them, and they match nothing here. */
function dnsNames(text: string | undefined): readonly string[] {
  return (text ?? "")
    .split(", ")
    .filter((one) => one.startsWith("DNS:"))
    .map((one) => one.slice("DNS:".length).toLowerCase());
}

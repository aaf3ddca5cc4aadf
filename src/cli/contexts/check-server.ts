import { VdcError } from "#api/errors.ts";
import type { Call } from "#cli/declare.ts";
import type { CliPorts } from "#cli/ports.ts";
import { UsageError } from "#cli/usage-error.ts";

/**
 * The fingerprint to pin for this address; undefined when the system's authorities vouch for it (or when it is
 * plain http). An unknown certificate is accepted only by --fingerprint or by a person who compared it.
 */
export async function checkServer(call: Call, ports: CliPorts, base: string): Promise<string | undefined> {
  const given = call.flags.text("fingerprint");
  const wanted = given === undefined ? undefined : readFingerprint(given);
  if (!base.startsWith("https:")) {
    if (wanted === undefined) return undefined;
    throw new UsageError("--fingerprint is about TLS, and this address is plain http");
  }
  const { sha256, trusted } = await shownCertificate(call, ports, base);
  const shown = `sha256:${sha256}`;
  if (wanted !== undefined) {
    if (wanted === shown) return shown;
    throw mismatch(base, shown);
  }
  if (trusted) return undefined;
  if (!call.io.isTty.stdin || !call.io.isTty.stderr)
    throw new UsageError(
      `no authority vouches for the certificate of ${base}`,
      `compare its fingerprint with the one that \`vdc up\` printed, then add --fingerprint ${shown}`,
    );
  call.io.stderr(
    `No authority vouches for the certificate of ${base}. Its fingerprint is\n  ${colons(sha256)}\n` +
      "Compare it with the one that `vdc up` printed there.\n",
  );
  const answer = await call.io.readLine("Is it the same? Type yes to trust it: ");
  if (answer?.trim() === "yes") return shown;
  throw new VdcError("cancelled", "The certificate was not trusted; nothing was sent.");
}

/** `sha256:` and 64 hex digits, also as browsers write it: `AB:CD:…`. */
export function readFingerprint(text: string): string {
  const hex = text
    .replace(/^sha-?256[:/ ]/i, "")
    .replaceAll(/[:\s]/g, "")
    .toLowerCase();
  if (/^[0-9a-f]{64}$/.test(hex)) return `sha256:${hex}`;
  throw new UsageError("--fingerprint takes sha256: and 64 hex digits");
}

async function shownCertificate(call: Call, ports: CliPorts, base: string) {
  try {
    return await ports.certificate(base, call.io.signal);
  } catch (cause) {
    call.io.signal.throwIfAborted();
    throw new VdcError("unreachable", `No TLS server answers at ${base}.`, { cause });
  }
}

function mismatch(base: string, shown: string): VdcError {
  return new VdcError("unreachable", `${base} shows another certificate than the one you named: ${shown}.`, {
    extra: { remedy: "Nothing was sent. Somebody may be in between; ask whoever runs the data center." },
  });
}

function colons(hex: string): string {
  return hex.toUpperCase().replaceAll(/(..)(?=.)/g, "$1:");
}

import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generate } from "selfsigned";
import { VdcError } from "#api/errors.ts";
import type { ControlConfig } from "#main/control-config.ts";

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** SHA-256 of a certificate that we made ourselves, as browsers show it; callers compare it. */
  readonly fingerprint?: string;
}

const selfSignedDays = 3650;
/** Made anew when less than this is left. */
const renewDays = 30;
const dayMs = 24 * 3600 * 1000;

/** Reads the given certificate and key, or keeps a self-signed one in a folder. Throws `invalid` for unusable files. */
export async function readTls(
  config: NonNullable<ControlConfig["tls"]>,
  names: readonly string[],
  nowMs: number,
): Promise<TlsFiles> {
  if ("certFile" in config) return given(config.certFile, config.keyFile);
  const certFile = join(config.selfSignedDirectory, "self-signed.crt");
  const keyFile = join(config.selfSignedDirectory, "self-signed.key");
  if (!existsSync(certFile) || !existsSync(keyFile) || endsSoon(certFile, nowMs))
    await makeSelfSigned({ certFile, keyFile }, names, nowMs);
  const cert = readFileSync(certFile, "utf8");
  return { cert, key: readFileSync(keyFile, "utf8"), fingerprint: new X509Certificate(cert).fingerprint256 };
}

function given(certFile: string, keyFile: string): TlsFiles {
  const read = (path: string, what: string) => {
    try {
      return readFileSync(path, "utf8");
    } catch (cause) {
      throw new VdcError("invalid", `The TLS ${what} ${path} cannot be read.`, { cause });
    }
  };
  const cert = read(certFile, "certificate");
  const key = read(keyFile, "key");
  try {
    if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
      throw new VdcError("invalid", `${keyFile} is not the key of ${certFile}.`);
  } catch (cause) {
    if (cause instanceof VdcError) throw cause;
    throw new VdcError("invalid", `${certFile} or ${keyFile} is not in PEM form.`, { cause });
  }
  return { cert, key };
}

function endsSoon(certFile: string, nowMs: number): boolean {
  try {
    const { validTo } = new X509Certificate(readFileSync(certFile));
    return Date.parse(validTo) - nowMs < renewDays * dayMs;
  } catch {
    return true; // half written by a killed predecessor: it is made anew
  }
}

async function makeSelfSigned(
  files: { readonly certFile: string; readonly keyFile: string },
  names: readonly string[],
  nowMs: number,
): Promise<void> {
  const altNames = [...new Set(["localhost", "127.0.0.1", "::1", ...names])].map((name) =>
    isAddress(name) ? { type: 7 as const, ip: name } : { type: 2 as const, value: name },
  );
  const made = await generate([{ name: "commonName", value: "VDC" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notBeforeDate: new Date(nowMs - dayMs),
    notAfterDate: new Date(nowMs + selfSignedDays * dayMs),
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames },
    ],
  });
  mkdirSync(join(files.keyFile, ".."), { recursive: true, mode: 0o700 });
  // The key first: a certificate without its key is made anew, and neither is ever half there.
  for (const [path, text] of [
    [files.keyFile, made.private],
    [files.certFile, made.cert],
  ] as const) {
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }
}

function isAddress(name: string): boolean {
  return name.includes(":") || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name);
}

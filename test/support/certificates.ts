import { createHash, X509Certificate } from "node:crypto";
import { generate } from "selfsigned";

export interface TestPem {
  readonly cert: string;
  readonly key: string;
  /** SHA-256 of the certificate, lower-case hex. */
  readonly fingerprint: string;
}

/** A self-signed certificate with a P-256 key for tests; good for one day unless told otherwise. */
export async function selfSignedPem(
  names: readonly string[],
  { days = 1, fromMs = Date.now() - 3_600_000 }: { readonly days?: number; readonly fromMs?: number } = {},
): Promise<TestPem> {
  const made = await generate([{ name: "commonName", value: "test" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notBeforeDate: new Date(fromMs),
    notAfterDate: new Date(fromMs + days * 24 * 3_600_000),
    extensions: [
      { name: "subjectAltName", altNames: names.map((value) => ({ type: 2 as const, value })) }, // DNS names
    ],
  });
  const fingerprint = createHash("sha256").update(new X509Certificate(made.cert).raw).digest("hex");
  return { cert: made.cert, key: made.private, fingerprint };
}

import { generate } from "selfsigned";

/** PEM of a certificate for DNS names (wildcards too), and of its P-256 key. Times are milliseconds since the epoch. */
export async function makeSelfSigned(
  names: readonly string[],
  { notBefore, notAfter }: { readonly notBefore: number; readonly notAfter: number },
): Promise<{ readonly cert: string; readonly key: string }> {
  const altNames = names.map((value) => ({ type: 2 as const, value })); // 2 is a DNS name
  const made = await generate([{ name: "commonName", value: "VDC" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notBeforeDate: new Date(notBefore),
    notAfterDate: new Date(notAfter),
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames },
    ],
  });
  return { cert: made.cert, key: made.private };
}

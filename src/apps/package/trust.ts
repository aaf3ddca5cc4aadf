import { VdcError } from "#api/errors.ts";
import type { PackageSpec } from "#api/kinds/package.ts";
import type { ProjectSpec } from "#api/kinds/project.ts";
import type { SignedBy } from "./image.ts";
import { keyIdOf } from "./signature.ts";

/**
 * The trusted key that signed, by the project's policy. Throws `forbidden` when the project takes only what one of its keys
 * signed and none did. A right signature by a key that nobody trusts counts as none: anyone can make a key.
 */
export function trustedSigner(
  signedBy: readonly SignedBy[],
  policy: ProjectSpec["packages"],
): PackageSpec["signedBy"] {
  for (const { name, publicKey } of policy?.keys ?? [])
    if (signedBy.some((signer) => signer.publicKey === publicKey)) return { keyId: keyIdOf(publicKey), name };
  if (policy?.trust !== "signed") return undefined;
  const why =
    signedBy.length === 0
      ? "it is not signed"
      : `it is signed by ${signedBy.map(({ keyId }) => keyId.slice(0, 19)).join(", ")}, which the project does not trust`;
  throw new VdcError("forbidden", `The project takes only packages that one of its keys signed: ${why}.`, {
    fields: [{ path: "signature", message: why }],
    extra: { rule: "trust" },
  });
}

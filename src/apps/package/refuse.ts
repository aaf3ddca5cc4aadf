import { VdcError } from "#api/errors.ts";

/** Rules that a package can break: the word is in the error, so that people and tests know which it was. */
export type PackageRule =
  | "not-a-package"
  | "truncated"
  | "unknown-entry"
  | "duplicate"
  | "name"
  | "link"
  | "entry-type"
  | "limit"
  | "digest"
  | "document"
  | "missing-blob"
  | "unnamed-blob"
  | "signature";

/** The error of a package that is refused: names the entry and the rule. `limit` is `too-large`, all else `invalid`. */
export function refused(rule: PackageRule, entry: string, why: string, cause?: unknown): VdcError {
  const shown = shownName(entry);
  return new VdcError(
    rule === "limit" ? "too-large" : "invalid",
    `The package is refused: ${shown}: ${why}.`,
    {
      fields: [{ path: shown, message: why }],
      extra: { rule },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

const maxShown = 120;

/** A name from outside goes into messages only as printable text. */
function shownName(name: string): string {
  const harmless = name.replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, "?");
  return harmless.length <= maxShown ? harmless : `${harmless.slice(0, maxShown)}…`;
}

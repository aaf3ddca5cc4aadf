import { VdcError } from "#api/errors.ts";

/**
 * The query of a request target, strictly: bounded, no key twice, percent-encoding that decodes to UTF-8.
 * Throws `bad-request`, or `invalid` that names the key.
 */
export function readQuery(target: string, maxParameters: number): Readonly<Record<string, string>> {
  const from = target.indexOf("?");
  if (from < 0 || from === target.length - 1) return empty;
  const parts = target.slice(from + 1).split("&", maxParameters + 1);
  if (parts.length > maxParameters)
    throw new VdcError("bad-request", `The query has more than ${maxParameters} parameters.`);
  const query: Record<string, string> = {};
  for (const part of parts) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const key = decoded(equals < 0 ? part : part.slice(0, equals));
    if (key === "__proto__") throw new VdcError("bad-request", "The query has a key '__proto__'.");
    if (Object.hasOwn(query, key)) {
      const fields = [{ path: key.slice(0, 100), message: "is given twice" }];
      throw new VdcError("invalid", `The query has '${key.slice(0, 100)}' twice.`, { fields });
    }
    query[key] = equals < 0 ? "" : decoded(part.slice(equals + 1));
  }
  return query;
}

const empty: Readonly<Record<string, string>> = Object.freeze({});

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch (cause) {
    throw new VdcError("bad-request", "The query holds a percent-encoding that is not UTF-8.", { cause });
  }
}

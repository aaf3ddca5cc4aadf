import type { Headers } from "./headers.ts";
import type { Target } from "./target.ts";
import { uriEncode, uriEncodePath } from "./uri-encoding.ts";

/** What a signature covers, apart from path and query, which have more than one spelling. */
export interface SignedParts {
  readonly method: string;
  readonly headers: Headers;
  /** In lower case, ascending. */
  readonly signedHeaders: readonly string[];
  readonly payloadHash: string;
}

/** "Create a canonical request" of the SigV4 documentation, with S3's rule: the path is encoded once and never normalised. */
export function canonicalRequest(parts: SignedParts, path: string, query: string): string {
  let lines = `${parts.method}\n${path}\n${query}\n`;
  for (const name of parts.signedHeaders)
    lines += `${name}:${collapseSpaces(parts.headers.get(name) ?? "")}\n`;
  return `${lines}\n${parts.signedHeaders.join(";")}\n${parts.payloadHash}`;
}

/** Pairs in the order and spelling that SigV4 asks for, without the signature itself. */
export function canonicalQuery(pairs: readonly (readonly [string, string])[]): string {
  if (pairs.length === 0) return "";
  return sorted(
    pairs
      .filter(([name]) => name !== "X-Amz-Signature")
      .map(([name, value]) => [uriEncode(name), uriEncode(value)] as const),
  );
}

/**
 * Spellings of path and query that a signer may have signed: S3's own first, then the bytes as they were received (signers that write `%2f` or
 * leave `:` bare). Each commits to the same decoded key and parameters, because all come from the one request-target that was decoded.
 */
export function* spellings(target: Target): Generator<readonly [path: string, query: string]> {
  const paths = distinct(uriEncodePath(target.path), target.rawPath);
  const queries = distinct(canonicalQuery(target.pairs), rawSortedQuery(target.rawQuery));
  for (const path of paths) for (const query of queries) yield [path, query];
}

function rawSortedQuery(rawQuery: string): string {
  if (rawQuery === "") return "";
  const pieces = rawQuery
    .split("&")
    .filter((piece) => piece !== "" && !piece.startsWith("X-Amz-Signature="))
    .map((piece): readonly [string, string] => {
      const equals = piece.indexOf("=");
      return equals === -1 ? [piece, ""] : [piece.slice(0, equals), piece.slice(equals + 1)];
    });
  return sorted(pieces);
}

function sorted(pairs: readonly (readonly [string, string])[]): string {
  return pairs
    .toSorted(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function distinct(first: string, second: string): readonly string[] {
  return first === second ? [first] : [first, second];
}

function collapseSpaces(value: string): string {
  return value.includes("  ") || value.includes("\t") ? value.replace(/[ \t]+/g, " ") : value;
}

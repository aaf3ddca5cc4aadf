import { keyMaxBytes } from "#objects/limits.ts";
import { S3Error } from "#objects/s3-error.ts";
import { uriDecode } from "./uri-encoding.ts";

/** What a request names. `key` is decoded here and nowhere else: authorisation and storage see the same value. */
export interface Target {
  readonly bucket?: string;
  readonly key?: string;
  /** As received, for the signature. */
  readonly rawPath: string;
  readonly path: string;
  readonly rawQuery: string;
  /** Decoded, in the order of the request. */
  readonly pairs: readonly (readonly [string, string])[];
  /** The first of each name. */
  readonly query: ReadonlyMap<string, string>;
}

/** Query parameters of one request; more is no S3 client. */
const pairsMax = 256;

/**
 * Reads the request-target and Host. `baseDomains` are the names under which buckets are hosts (`bucket.s3.example.com`), in lower case and without port;
 * every other Host means path style. Throws InvalidURI, InvalidBucketName and KeyTooLongError.
 */
export function parseTarget(rawTarget: string, host: string, baseDomains: readonly string[]): Target {
  // Control characters and '#' never belong here; '*' and absolute forms are for proxies.
  if (!rawTarget.startsWith("/") || /[^!"$-~\u0080-\u00ff]/.test(rawTarget)) throw new S3Error("InvalidURI");
  const mark = rawTarget.indexOf("?");
  const rawPath = mark === -1 ? rawTarget : rawTarget.slice(0, mark);
  const rawQuery = mark === -1 ? "" : rawTarget.slice(mark + 1);
  const path = uriDecode(rawPath);
  const pairs = parsePairs(rawQuery);
  return { ...name(rawPath, path, host, baseDomains), rawPath, path, rawQuery, pairs, query: firsts(pairs) };
}

/** A key's own rules: 1 to 1,024 bytes of UTF-8 (checked by decoding) without NUL, which neither XML nor SQL can carry. */
export function checkKey(key: string): string {
  if (key.length * 3 > keyMaxBytes && Buffer.byteLength(key) > keyMaxBytes)
    throw new S3Error("KeyTooLongError");
  if (key.includes("\0")) throw new S3Error("InvalidURI", "A key cannot hold NUL.");
  return key;
}

function name(
  rawPath: string,
  path: string,
  host: string,
  baseDomains: readonly string[],
): { readonly bucket?: string; readonly key?: string } {
  const virtual = virtualBucket(host, baseDomains);
  if (virtual !== undefined)
    return path === "/" ? { bucket: virtual } : { bucket: virtual, key: checkKey(path.slice(1)) };
  if (path === "/") return {};
  // The bucket ends at the first '/' as received: an encoded one would be part of its name, and no name has one.
  const end = rawPath.indexOf("/", 1);
  const bucket = uriDecode(rawPath.slice(1, end === -1 ? undefined : end));
  if (bucket === "" || bucket.length > 255 || bucket.includes("/") || bucket.includes("\0"))
    throw new S3Error("InvalidBucketName");
  const key = path.slice(bucket.length + 2);
  return key === "" ? { bucket } : { bucket, key: checkKey(key) };
}

function virtualBucket(host: string, baseDomains: readonly string[]): string | undefined {
  if (baseDomains.length === 0) return undefined;
  const bare = host.toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");
  for (const domain of baseDomains)
    if (bare.length > domain.length + 1 && bare.endsWith(domain) && bare.at(-domain.length - 1) === ".")
      return bare.slice(0, -domain.length - 1);
  return undefined;
}

function parsePairs(rawQuery: string): readonly (readonly [string, string])[] {
  if (rawQuery === "") return [];
  const pairs: (readonly [string, string])[] = [];
  for (const piece of rawQuery.split("&", pairsMax + 1)) {
    if (piece === "") continue;
    const equals = piece.indexOf("=");
    pairs.push(
      equals === -1
        ? [queryDecode(piece), ""]
        : [queryDecode(piece.slice(0, equals)), queryDecode(piece.slice(equals + 1))],
    );
  }
  if (pairs.length > pairsMax) throw new S3Error("InvalidURI", "The query has too many parameters.");
  return pairs;
}

/** In a query, and only there, `+` is a space; signers write it `%20`. */
function queryDecode(text: string): string {
  return uriDecode(text.includes("+") ? text.replaceAll("+", "%20") : text);
}

function firsts(pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, string> {
  const query = new Map<string, string>();
  for (const [key, value] of pairs) if (!query.has(key)) query.set(key, value);
  return query;
}

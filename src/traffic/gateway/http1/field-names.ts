/**
 * Which header lines the gateway has to look at. Nearly all lines of a request are none of them, and are told apart by their
 * first letter and length alone, without a string being made.
 */

export const requestNames = interesting([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "expect",
  "upgrade",
  "te",
  "via",
  "keep-alive",
  "proxy-connection",
  "proxy-authorization",
  "http2-settings",
  "forwarded",
  "proxy", // would become the environment variable HTTP_PROXY of CGI-like applications
]);

export const responseNames = interesting([
  "connection",
  "content-length",
  "transfer-encoding",
  "upgrade",
  "keep-alive",
  "proxy-connection",
  "te",
]);

/** Only a gateway may say these; applications of CGI's kind read '-' and '_' as the same. */
export const gatewayOnly = /^x[-_](?:forwarded|original|rewrite|real[-_]ip|request[-_]id|vdc)/i;

/** Headers that Connection must not name: without them the message would mean something else. */
export const neverNamed: ReadonlySet<string> = new Set([
  "host",
  "content-length",
  "content-type",
  "content-encoding",
  "content-range",
  "transfer-encoding",
  "authorization",
  "cookie",
  "set-cookie",
  "cache-control",
  "via",
]);

/** Fields that a trailer section must not have (RFC 9110 section 6.5.1), and those that only a gateway may say. */
export function isForbiddenTrailer(name: string): boolean {
  return forbiddenTrailers.has(name) || gatewayOnly.test(name);
}

const forbiddenTrailers: ReadonlySet<string> = new Set([
  ...neverNamed,
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authorization",
  "proxy-authenticate",
  "www-authenticate",
  "te",
  "trailer",
  "upgrade",
  "expect",
  "forwarded",
  "proxy",
  "max-forwards",
  "range",
  "if-match",
  "if-none-match",
  "if-modified-since",
  "if-unmodified-since",
  "if-range",
  "location",
  "age",
  "date",
  "expires",
  "retry-after",
  "vary",
]);

/** For each first letter a mask of the lengths that matter. 'x' is always looked at: see `gatewayOnly`. */
function interesting(names: readonly string[]): Int32Array {
  const masks = new Int32Array(256);
  for (const name of names) {
    for (const first of [name.charCodeAt(0), name.toUpperCase().charCodeAt(0)])
      masks[first] = (masks[first] ?? 0) | (1 << name.length);
  }
  masks["x".charCodeAt(0)] = -1;
  masks["X".charCodeAt(0)] = -1;
  return masks;
}

import { S3Error } from "#objects/s3-error.ts";

const unreserved = /^[A-Za-z0-9\-._~]*$/;
const unreservedPath = /^[A-Za-z0-9\-._~/]*$/;

/** RFC 3986: everything but the unreserved characters, in upper-case hexadecimal; what SigV4 calls UriEncode. */
export function uriEncode(text: string): string {
  if (unreserved.test(text)) return text;
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The same, and keeps `/`. */
export function uriEncodePath(path: string): string {
  if (unreservedPath.test(path)) return path;
  return path.split("/").map(uriEncode).join("/");
}

/** Decodes once. `text` has one character a byte; bytes beyond ASCII may stand bare. Throws InvalidURI when it is not UTF-8. */
export function uriDecode(text: string): string {
  if (unreservedPath.test(text)) return text;
  const ascii = text.replace(/[\u0080-\u00ff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`);
  try {
    return decodeURIComponent(ascii);
  } catch (error) {
    throw new S3Error("InvalidURI", "The address holds an escape that is not UTF-8.", { cause: error });
  }
}

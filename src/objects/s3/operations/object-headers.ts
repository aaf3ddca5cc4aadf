import { userMetadataMaxBytes } from "#objects/limits.ts";
import type { ObjectHeaders } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";

const metaPrefix = "x-amz-meta-";

/** Headers of a PUT that are given back with the object. */
const kept = {
  contentType: "content-type",
  cacheControl: "cache-control",
  contentDisposition: "content-disposition",
  contentEncoding: "content-encoding",
  contentLanguage: "content-language",
  expires: "expires",
  websiteRedirectLocation: "x-amz-website-redirect-location",
} as const satisfies Readonly<Partial<Record<keyof ObjectHeaders, string>>>;

/** Throws MetadataTooLarge. Works for headers and for the fields of a form. */
export function objectHeadersOf(given: ReadonlyMap<string, string>): ObjectHeaders {
  const headers: Record<string, string> = {};
  for (const [field, name] of Object.entries(kept)) {
    const value = given.get(name);
    if (value !== undefined && value !== "") headers[field] = value;
  }
  return { ...headers, user: userMetadata(given) };
}

function userMetadata(given: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  const user: [string, string][] = [];
  let bytes = 0;
  for (const [name, value] of given) {
    if (!name.startsWith(metaPrefix)) continue;
    user.push([name.slice(metaPrefix.length), value]);
    // One character is one byte here.
    bytes += name.length - metaPrefix.length + value.length;
  }
  if (bytes > userMetadataMaxBytes)
    throw new S3Error("MetadataTooLarge", undefined, {
      details: { Size: String(bytes), MaxSizeAllowed: String(userMetadataMaxBytes) },
    });
  return Object.fromEntries(user);
}

/** The same on the way out. */
export function storedHeaders(headers: ObjectHeaders): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [field, name] of Object.entries(kept)) {
    // The names come from the table above, each of an optional text.
    const value = headers[field as keyof typeof kept];
    if (value !== undefined) out[name] = value;
  }
  out["content-type"] ??= "binary/octet-stream";
  for (const [name, value] of Object.entries(headers.user)) out[metaPrefix + name] = value;
  return out;
}

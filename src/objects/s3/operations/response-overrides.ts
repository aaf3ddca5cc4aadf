import { S3Error } from "#objects/s3-error.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

const overridable = [
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-type",
  "expires",
] as const;

/** `response-content-type` and its like. Only who signed the request may choose what a browser makes of somebody's object. */
export function responseOverrides(request: VerifiedRequest): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of overridable) {
    const value = request.query.get(`response-${name}`);
    if (value === undefined) continue;
    if (request.caller.type === "anonymous")
      throw new S3Error("InvalidRequest", "Only signed requests may override headers of the answer.");
    headers[name] = headerValue(name, value);
  }
  return headers;
}

function headerValue(name: string, value: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what must not get into a header.
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value))
    throw new S3Error("InvalidArgument", "A header cannot hold control characters.", {
      details: { ArgumentName: `response-${name}` },
    });
  // Headers are bytes: beyond ASCII they leave as UTF-8, as they came in the query.
  return Buffer.from(value, "utf8").toString("latin1");
}

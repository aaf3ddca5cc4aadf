import { VdcError } from "#api/errors.ts";

/** Fields that decide something and may be there only once (RFC 9110 section 5.3; RFC 9112 section 3.2 for Host). */
const single = new Set([
  "host",
  "authorization",
  "content-type",
  "content-length",
  "cookie",
  "origin",
  "sec-fetch-site",
  "if-match",
  "if-none-match",
  "last-event-id",
  "x-request-id",
]);

/** Throws `bad-request` when such a field is there twice: which of them counts would be a guess. `raw` is name, value, name, … */
export function refuseDuplicateHeaders(raw: readonly string[]): void {
  let seen: string[] | undefined;
  for (let at = 0; at < raw.length; at += 2) {
    const name = (raw[at] ?? "").toLowerCase();
    if (!single.has(name)) continue;
    seen ??= [];
    if (seen.includes(name)) throw new VdcError("bad-request", `The header '${name}' is given twice.`);
    seen.push(name);
  }
}

const sane = /^[A-Za-z0-9._:-]{1,100}$/;

/** The caller's own id for its request, when it is fit for logs and headers. */
export function saneRequestId(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" && sane.test(header) ? header : undefined;
}

/** The secret of `Authorization: Bearer …` (RFC 6750); undefined without the header. Throws `unauthenticated` for another scheme. */
export function bearerSecret(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const secret = /^Bearer +([A-Za-z0-9._~+/=-]{1,500})$/i.exec(header)?.[1];
  if (secret === undefined)
    throw new VdcError("unauthenticated", "The Authorization header must be 'Bearer' and an API token.");
  return secret;
}

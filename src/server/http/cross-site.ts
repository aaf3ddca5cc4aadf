import type { IncomingHttpHeaders } from "node:http";
import { VdcError } from "#api/errors.ts";

/**
 * Refuses what another site's page makes a browser send. Browsers say where a request comes from in
 * `Sec-Fetch-Site` (W3C Fetch Metadata), older ones in `Origin`; a page can forge neither.
 *
 * `cookie`: the caller is known by a cookie alone, so one of the two must be there and be ours. `sign-in`: no cookie
 * is used, but a page that signs its victim in as somebody else is refused; programs that send neither header pass.
 */
export function refuseCrossSite(
  headers: IncomingHttpHeaders,
  ownOrigin: string,
  caller: "cookie" | "sign-in",
): void {
  const site = headers["sec-fetch-site"];
  const origin = headers.origin;
  const siteIsOurs = site === undefined || site === "same-origin" || site === "none";
  const originIsOurs = origin === undefined || origin.toLowerCase() === ownOrigin;
  const isSaid = site !== undefined || origin !== undefined;
  if (siteIsOurs && originIsOurs && (isSaid || caller === "sign-in")) return;
  throw new VdcError(
    "forbidden",
    isSaid
      ? "This request was sent by a page of another site."
      : "A request with a session cookie must say by Origin or Sec-Fetch-Site which page sent it.",
  );
}

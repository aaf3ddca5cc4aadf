/** The session's cookie. The `__Host-` prefix (RFC 6265bis section 4.1.3.2) keeps sibling hosts from setting it; it needs TLS. */
export function sessionCookieName(secure: boolean): string {
  return secure ? "__Host-vdc-session" : "vdc-session";
}

/** Ties an OpenID Connect sign-in under way to the browser that began it. */
export function stateCookieName(secure: boolean): string {
  return secure ? "__Host-vdc-oidc" : "vdc-oidc";
}

/** Value of one cookie; undefined when absent, and when it is there twice: then somebody else put one of them. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined;
  let found: string | undefined;
  for (const part of header.split(";")) {
    const equals = part.indexOf("=");
    if (equals < 0 || part.slice(0, equals).trim() !== name) continue;
    if (found !== undefined) return undefined;
    found = part.slice(equals + 1).trim();
  }
  return found;
}

/** `Set-Cookie` for a cookie that scripts cannot read. No `maxAgeSeconds` means until the browser closes; 0 deletes it. */
export function cookieText(
  name: string,
  value: string,
  options: { readonly secure: boolean; readonly sameSite: "Strict" | "Lax"; readonly maxAgeSeconds?: number },
): string {
  const age = options.maxAgeSeconds === undefined ? "" : `; Max-Age=${Math.floor(options.maxAgeSeconds)}`;
  return `${name}=${value}; Path=/; HttpOnly; SameSite=${options.sameSite}${options.secure ? "; Secure" : ""}${age}`;
}

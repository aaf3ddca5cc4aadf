/**
 * The address to go to after a sign-in: a path of this site, else `/`. Browsers take `//host`, `/\host` and
 * addresses with control characters in them for other sites, so such are not followed.
 */
export function safeReturnTo(wanted: string): string {
  if (wanted.length > maxLength || !/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(wanted)) return "/";
  const base = "http://site.invalid";
  const url = URL.parse(wanted, base);
  // `/.//host` and the like become another address only when they are resolved.
  if (url === null || url.origin !== base || url.pathname.startsWith("//")) return "/";
  return url.pathname + url.search + url.hash;
}

const maxLength = 500;

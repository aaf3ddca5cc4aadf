/**
 * The ways in which applications read one and the same path. RFC 3986 lets a server take `/a/%2e%2e/b`, `/a//b` or `/a%2Fb` in
 * more than one way, and servers do. A route must not be passed by a spelling that the gateway reads in one way and the
 * application in another, so the router asks for every reading and refuses a path whose readings lead to different routes.
 */

/** Something in a canonical path can be read in two ways: an escaped dot or slash, a backslash, a parameter, an empty or a dot segment. */
const odd = /[\\;]|%2E|%2F|%5C|\/\/|\/\.\.?(?:\/|$)/;

/** Characters of an odd path. A longer one is refused unread: reading it in every way costs more than answering it. */
const maxOddLength = 2_048;

const none: readonly string[] = [];

/** What stands for each byte that is escaped: letters, digits, `-`, `_` and `~` are themselves. The dot is left out: `%2e` is a reading of its own. */
const canonicalEscapes = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return /^[A-Za-z0-9_~-]$/.test(character)
    ? character
    : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
});

/** Needless escapes undone, the others in upper case: the same path by RFC 3986 section 6.2.2. */
export function canonicalPath(path: string): string {
  let from = 0;
  let canonical = "";
  for (let at = path.indexOf("%"); at !== -1; at = path.indexOf("%", at + 1)) {
    const byte = hexDigit(path.charCodeAt(at + 1)) * 16 + hexDigit(path.charCodeAt(at + 2));
    if (Number.isNaN(byte)) continue; // not an escape: it stays as it is
    canonical += path.slice(from, at) + (canonicalEscapes[byte] ?? "");
    from = at + 3;
  }
  return from === 0 ? path : canonical + path.slice(from);
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : Number.NaN;
}

/** Every other reading of a canonical path; none when there is only one, `undefined` when it is too long. The same may come twice. */
export function otherReadings(canonical: string): readonly string[] | undefined {
  if (!odd.test(canonical)) return none;
  if (canonical.length > maxOddLength) return undefined;
  const dotted = canonical.replaceAll("%2E", ".");
  const slashed = dotted.replace(/%2F|%5C|\\/g, "/");
  const merged = slashed.replace(/\/{2,}/g, "/");
  // Servers of Java drop path parameters before they look for `..`.
  const plain = merged.includes(";") ? merged.replace(/;[^/]*/g, "").replace(/\/{2,}/g, "/") : merged;
  const readings = [slashed, canonical.replace(/\/{2,}/g, "/"), withoutDots(canonical), withoutDots(merged)];
  if (dotted !== canonical) readings.push(withoutDots(dotted));
  if (dotted.includes("\\")) readings.push(withoutDots(dotted.replaceAll("\\", "/")));
  if (plain !== merged) readings.push(withoutDots(plain));
  return readings;
}

/** RFC 3986 section 5.2.4. */
function withoutDots(path: string): string {
  if (!path.includes("/.")) return path;
  const kept: string[] = [];
  const segments = path.split("/");
  const last = segments.length - 1;
  for (let index = 0; index <= last; index += 1) {
    const segment = segments[index] ?? "";
    if (segment === ".." && kept.length > 1) kept.pop();
    if (segment !== "." && segment !== "..") kept.push(segment);
    else if (index === last) kept.push("");
  }
  return kept.join("/");
}

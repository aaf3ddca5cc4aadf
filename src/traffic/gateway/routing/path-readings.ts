/**
 * The ways in which applications read one and the same path. RFC 3986 lets a server take `/a/%2e%2e/b`, `/a//b` or `/a%2Fb` in
 * more than one way, and servers do. A route must not be passed by a spelling that the gateway reads in one way and the
 * application in another, so the router asks for every reading and refuses a path whose readings lead to different routes.
 */

/** Something in it can be read in two ways: an escape, a backslash, a parameter, an empty or a dot segment. */
const odd = /[%\\;]|\/\/|\/\.\.?(?:\/|$)/;

const unreserved = /^[A-Za-z0-9_~-]$/; // the dot is left out: `%2e` is a reading of its own
const escape = /%([0-9a-fA-F]{2})/g;

export function isOdd(path: string): boolean {
  return odd.test(path);
}

/** Escapes of letters, digits, `-`, `_` and `~` undone, the others in upper case: the same path by RFC 3986 section 6.2.2. */
export function canonicalPath(path: string): string {
  if (!path.includes("%")) return path;
  return path.replace(escape, (whole, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return unreserved.test(character) ? character : whole.toUpperCase();
  });
}

/** All readings, the canonical path first; the same one may come twice. Each is computed in time that is linear in the path. */
export function readingsOf(path: string): readonly string[] {
  const canonical = canonicalPath(path);
  const dotted = canonical.replaceAll("%2E", ".");
  const slashed = dotted.replace(/%2F|%5C|\\/g, "/");
  const plain = slashed.replace(/;[^/]*/g, ""); // path parameters, which servers of Java drop before they look for `..`
  return [
    canonical,
    canonical.replace(/\/{2,}/g, "/"),
    withoutDots(canonical),
    withoutDots(dotted),
    withoutDots(dotted.replaceAll("\\", "/")),
    slashed,
    withoutDots(slashed.replace(/\/{2,}/g, "/")),
    withoutDots(plain.replace(/\/{2,}/g, "/")),
  ];
}

/** RFC 3986 section 5.2.4. */
function withoutDots(path: string): string {
  if (!path.includes("/.")) return path;
  const kept: string[] = [];
  const segments = path.split("/");
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === ".." && kept.length > 1) kept.pop();
    if (segment !== "." && segment !== "..") kept.push(segment);
    else if (isLast) kept.push("");
  }
  return kept.join("/");
}

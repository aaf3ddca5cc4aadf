import type { PackageLimits } from "./limits.ts";
import { refused } from "./refuse.ts";

type NameLimits = Pick<PackageLimits, "pathBytes" | "segmentBytes" | "pathDepth">;

/**
 * The path of a tar entry, cleaned of the `./` before it and the `/` behind it that tar programs write. Throws for everything
 * that is not a plain path below the root: the name never has to be resolved, so it cannot lead elsewhere.
 */
export function entryPath(name: string, limits: NameLimits): string {
  const path = name.replace(/^(\.\/)+/, "").replace(/\/$/, "");
  if (path === "" || path === ".") return "";
  const wrong = nameFault(path, limits);
  if (wrong !== undefined) throw refused(wrong.rule, name, wrong.why);
  return path;
}

function nameFault(
  path: string,
  limits: NameLimits,
): { readonly rule: "name" | "limit"; readonly why: string } | undefined {
  if (path.startsWith("/")) return { rule: "name", why: "a path is relative; this one is absolute" };
  // Control characters and what a broken UTF-8 decodes to; a backslash separates folders elsewhere.
  if (/[\p{Cc}\uFFFD\\]/u.test(path))
    return { rule: "name", why: "a name has a character that no file name may have here" };
  const segments = path.split("/");
  if (segments.includes("..")) return { rule: "name", why: "a path may not have '..' in it" };
  if (segments.some((segment) => segment === "" || segment === "."))
    return { rule: "name", why: "a path may not have an empty part or '.' in it" };
  if (Buffer.byteLength(path) > limits.pathBytes)
    return { rule: "limit", why: `its path is longer than ${limits.pathBytes} bytes` };
  if (segments.length > limits.pathDepth)
    return { rule: "limit", why: `it lies deeper than ${limits.pathDepth} folders` };
  if (segments.some((segment) => Buffer.byteLength(segment) > limits.segmentBytes))
    return { rule: "limit", why: `a name is longer than ${limits.segmentBytes} bytes` };
  return undefined;
}

/**
 * Whether a symbolic link stays inside the tree however it is followed. Its target must be relative, with `..` only at its
 * beginning and no more of them than folders above the link. Folders above a link are never links themselves (the reader
 * sees to that), so these `..` mean what they say; after them the path only goes down, by names or by links that stay
 * inside for the same reason.
 */
export function linkStaysInside(path: string, target: string): boolean {
  if (target === "" || target.length > 1024 || target.startsWith("/") || /[\p{Cc}\uFFFD\\]/u.test(target))
    return false;
  const parts = target.replace(/\/$/, "").split("/");
  const ups = parts.findIndex((part) => part !== "..");
  const leading = ups === -1 ? parts.length : ups;
  if (leading > path.split("/").length - 1) return false;
  return parts
    .slice(leading)
    .every((part) => part !== ".." && part !== "" && (part !== "." || parts.length === 1));
}

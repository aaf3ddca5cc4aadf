import type { Place } from "./problem.ts";

/** A path of the package's own folder, without `./` and `/` around it; `""` is the folder itself. */
export function insidePath(place: Place, text: string): string | undefined {
  if (/^[/~]/.test(text))
    return place.wrong("a path of the package is relative to its folder; nothing of the host is packed");
  const parts = text.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..") || /[\0\\]/.test(text))
    return place.wrong("the path leads out of the package's folder");
  return parts.join("/");
}

/** `/data/` as `/data`; undefined after it said that the path is none. */
export function absolutePath(place: Place, text: string): string | undefined {
  const parts = text.split("/").filter((part) => part !== "" && part !== ".");
  if (!text.startsWith("/") || parts.includes("..") || /[\0\\]/.test(text))
    return place.wrong("an absolute path without '..' is expected");
  return `/${parts.join("/")}`;
}

/** Whether `path` is `folder` or lies below it. */
export function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`);
}

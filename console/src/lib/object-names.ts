/** What can be shown of an object besides its facts. */
export type PreviewKind = "picture" | "text" | "none";

const pictures: Readonly<Record<string, string>> = {
  avif: "image/avif",
  bmp: "image/bmp",
  gif: "image/gif",
  ico: "image/x-icon",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  png: "image/png",
  svg: "image/svg+xml",
  webp: "image/webp",
};
const texts: Readonly<Record<string, string>> = {
  conf: "text/plain",
  css: "text/css",
  csv: "text/csv",
  html: "text/html",
  ini: "text/plain",
  js: "text/javascript",
  json: "application/json",
  log: "text/plain",
  md: "text/markdown",
  sh: "text/plain",
  toml: "text/plain",
  ts: "text/plain",
  txt: "text/plain",
  xml: "application/xml",
  yaml: "application/yaml",
  yml: "application/yaml",
};
const unknownType = "application/octet-stream";

/** The type that a file is stored with: what the browser says, then what its name says. */
export function contentTypeOf(name: string, said: string): string {
  if (said !== "") return said;
  const ending = endingOf(name);
  return pictures[ending] ?? texts[ending] ?? unknownType;
}

/** By the stored type; a name decides only where the type says nothing. */
export function previewKind(key: string, contentType: string | undefined): PreviewKind {
  const [type = ""] = (contentType ?? "").toLowerCase().split(";");
  const isSaid = type !== "" && type !== unknownType && type !== "binary/octet-stream";
  const ending = endingOf(key);
  if (!isSaid) return ending in pictures ? "picture" : ending in texts ? "text" : "none";
  if (Object.values(pictures).includes(type)) return "picture";
  const isText = type.startsWith("text/") || /^application\/(?:.*\+)?(?:json|xml|yaml)$/.test(type);
  return isText || Object.values(texts).includes(type) ? "text" : "none";
}

function endingOf(name: string): string {
  return /\.([a-z0-9]{1,8})$/i.exec(name)?.[1]?.toLowerCase() ?? "";
}

/** What a row calls an object or folder of the folder `prefix`. */
export function nameIn(prefix: string, key: string): string {
  return key.slice(prefix.length) || key;
}

/** The folders on the way to `prefix`, the outermost first. */
export function foldersTo(prefix: string): readonly { readonly name: string; readonly prefix: string }[] {
  const parts = prefix.split("/");
  return parts
    .slice(0, -1)
    .map((name, at) => ({ name: name === "" ? "/" : name, prefix: `${parts.slice(0, at + 1).join("/")}/` }));
}

import type { Component } from "#api/manifest.ts";

/**
 * Official images that mean nothing but an interpreter: its name, and the least version that the tag asks for. Newer ones of
 * the host will do; `x-vdc: { runtime }` says otherwise. Undefined for any other image.
 */
export function runtimeOfImage(image: string): Component["runtime"] | undefined {
  const match =
    /^(?:docker\.io\/)?(?:library\/)?(node|python)(?::([A-Za-z0-9._-]+))?(?:@sha256:[0-9a-f]{64})?$/.exec(
      image,
    );
  if (match === null) return undefined;
  const name = match[1] === "node" ? "node" : "python";
  const version = /^(\d+(?:\.\d+){0,2})(?:-|$)/.exec(match[2] ?? "")?.[1];
  if (version === undefined) return { name, range: "*" };
  // Python keeps what it deprecates for two minor versions only; its next major version is another language.
  const below = name === "python" ? ` <${Number(version.split(".")[0]) + 1}` : "";
  return { name, range: `>=${version}${below}` };
}

/** `node >=24`, `python 3.12`, `none`. Undefined for anything else. */
export function runtimeOfText(text: string): Component["runtime"] | undefined {
  const match = /^(node|python|none)(?:\s+(\S.*))?$/.exec(text.trim());
  const name = match?.[1];
  if (name === "node" || name === "python") return { name, range: match?.[2] ?? "*" };
  return name === "none" && match?.[2] === undefined ? { name, range: "*" } : undefined;
}

/** The interpreter that a command begins with; `none` for a program of its own. */
export function runtimeOfCommand(program: string): Component["runtime"] {
  if (["node", "npm", "npx"].includes(program)) return { name: "node", range: "*" };
  if (/^python(3(\.\d+)?)?$/.test(program)) return { name: "python", range: "*" };
  return { name: "none", range: "*" };
}

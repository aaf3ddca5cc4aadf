import { dirname } from "node:path/posix";
import { satisfies, validRange } from "semver";
import type { Component } from "#api/manifest.ts";
import type { RuntimePlace } from "#apps/engines/process/protocol.ts";
import type { Runtime } from "#drivers/runtimes/runtimes.ts";

export type RuntimeChoice =
  | { readonly can: true; readonly place: RuntimePlace }
  | { readonly can: false; readonly reason: string };

const titles = { node: "Node.js", python: "Python" } as const;
const remedies = {
  node: "install that version as /usr/local/bin/node, or change the component's runtime",
  python: "apt install python3, or install that version as /usr/local/bin/python3",
} as const;

/** The first interpreter that will do; they come best first. Without a sandbox it is used where it lies. Pure. */
export function chooseRuntime(
  component: Component,
  runtimes: readonly Runtime[],
  isSandboxed: boolean,
): RuntimeChoice {
  const { name, range } = component.runtime;
  if (name === "none") return { can: true, place: { readOnly: [] } };
  if (validRange(range) === null)
    return { can: false, reason: `"${range}" is no range of versions (semver)` };
  const all = runtimes.filter((each) => each.name === name);
  const chosen = all.find(({ version }) => satisfies(version, range));
  if (chosen !== undefined) {
    if (!isSandboxed) return { can: true, place: { readOnly: [], path: dirname(chosen.path) } };
    const { readOnly, folder } = chosen;
    return { can: true, place: { readOnly, ...(folder === undefined ? {} : { path: folder }) } };
  }
  const there = all.length === 0 ? "none" : all.map(({ version }) => version).join(", ");
  return {
    can: false,
    reason: `it needs ${titles[name]} ${range}, and this machine has ${there}; ${remedies[name]}`,
  };
}

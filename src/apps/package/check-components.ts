import type { Component } from "#api/manifest.ts";
import { Problems } from "./compose/problem.ts";

/**
 * What an engine relies on. The builder makes components like this; an archive from outside may hold others, so they are looked
 * at again before anything is made from them. Throws `invalid`.
 */
export function checkComponents(components: readonly Component[]): void {
  const problems = new Problems();
  const names = components.map(({ name }) => name);
  for (const [at, component] of components.entries()) {
    const path = `components.${component.name}`;
    if (names.indexOf(component.name) !== at) problems.add(path, "two components have this name");
    if (!isPlainPath(component.workingDirectory)) problems.add(`${path}.workingDirectory`, plainPath);
    for (const [variable, value] of Object.entries(component.environment)) {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable))
        problems.add(`${path}.environment`, "a name of a variable is none");
      if (value.includes("\0")) problems.add(`${path}.environment.${variable}`, "it holds a zero byte");
    }
    if (component.command.some((word) => word.includes("\0")))
      problems.add(`${path}.command`, "it holds a zero byte");
    if (component.command[0] === "") problems.add(`${path}.command`, "it begins with an empty word");
    for (const { component: other } of component.dependsOn)
      if (!names.includes(other)) problems.add(`${path}.dependsOn`, `there is no component '${other}'`);
    checkVolumes(path, component, problems);
  }
  problems.throwIfAny("The package");
}

const plainPath = "an absolute path without '.', '..' and empty parts is expected";
/** The sandbox's own: a volume there would take it apart. */
const ofTheSandbox = new Set("proc dev sys etc run usr bin sbin lib lib32 lib64 libx32".split(" "));

function checkVolumes(path: string, { volumes }: Component, problems: Problems): void {
  const paths = volumes.map((volume) => volume.path);
  for (const [at, volume] of volumes.entries()) {
    const where = `${path}.volumes[${at}]`;
    if (!isPlainPath(volume.path) || volume.path === "/") problems.add(where, plainPath);
    else if (ofTheSandbox.has(volume.path.split("/")[1] ?? ""))
      problems.add(where, "a volume may not be put over the system's own files");
    // Whoever writes to the outer volume could put a link where the inner one is to be mounted.
    const outer = paths.find((other) => volume.path.startsWith(`${other}/`));
    if (outer !== undefined && outer !== "/")
      problems.add(where, `a volume may not lie inside another one, here the one at ${outer}`);
    if (paths.indexOf(volume.path) !== at) problems.add(where, "two volumes have this path");
  }
}

function isPlainPath(path: string): boolean {
  if (path === "/") return true;
  const [first, ...parts] = path.split("/");
  return (
    first === "" &&
    parts.every((part) => part !== "" && part !== "." && part !== ".." && !part.includes("\0"))
  );
}

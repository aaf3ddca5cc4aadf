import { basename, dirname, join } from "node:path/posix";
import type { Source, Violation } from "#test/tidy/source.ts";

/** A note to do something later carries the number of the issue where it will be done. */
export function todoRule(files: readonly Source[]): readonly Violation[] {
  return files.flatMap(({ path, facts }) =>
    (facts?.comments ?? [])
      .filter(({ text }) => /\b(TODO|FIXME|XXX|HACK)\b/.test(text) && !/#\d+/.test(text))
      .map(({ line }) => ({
        rule: "todo",
        path,
        line,
        message: "a TODO names its issue, as in `TODO #12`; or do it now",
      })),
  );
}

/** The lock file and the documents name no package registry: everyone has their own. */
export function hostNamesRule(files: readonly Source[]): readonly Violation[] {
  const registry = /\b(registry|npm|pkg|artifactory)\.[a-z0-9-]+(\.[a-z0-9-]+)*\.(com|org|net|io|dev|cn)\b/;
  return matchingLines(files, registry, "host-names", "no registry by name; npm's configuration knows it");
}

/** A link in a document leads to a file or folder of the repository. */
export function linksRule(files: readonly Source[]): readonly Violation[] {
  const paths = new Set(files.map(({ path }) => path));
  const exists = (path: string) =>
    path === "." || paths.has(path) || files.some((file) => file.path.startsWith(`${path}/`));
  return files
    .filter(({ path }) => path.endsWith(".md"))
    .flatMap(({ path, text }) =>
      text.split("\n").flatMap((line, at) =>
        [...line.matchAll(/\]\(([^)\s]+)\)/g)]
          .map((match) => (match[1] ?? "").replace(/#.*$/, ""))
          .filter((target) => target !== "" && !/^[a-z]+:/.test(target))
          .filter((target) => !exists(join(dirname(path), target).replace(/\/$/, "")))
          .map((target) => ({
            rule: "links",
            path,
            line: at + 1,
            message: `'${target}' is not there; correct the link or write the page`,
          })),
      ),
    );
}

/** Paths of one developer's machine mean nothing on any other. */
export function machinePathsRule(files: readonly Source[]): readonly Violation[] {
  const machine = /(?<![\w.}\])*-])\/(work|farm|root)\/(?!\*)/;
  return matchingLines(
    files,
    machine,
    "machine-paths",
    "an absolute path of one machine; use a path relative to the file, or a temporary folder",
  );
}

/** One way to write a file's name, so that nobody has to guess: kebab-case. */
export function fileNamesRule(files: readonly Source[]): readonly Violation[] {
  const name = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;
  return files
    .filter(({ path }) => /^(src|console|test|sim|bench|tools)\//.test(path))
    .filter(({ path }) => !name.test(basename(path)) && basename(path) !== "README.md")
    .map(({ path }) => ({ rule: "file-names", path, line: 1, message: "a file's name is kebab-case" }));
}

function matchingLines(
  files: readonly Source[],
  pattern: RegExp,
  rule: string,
  message: string,
): readonly Violation[] {
  return files.flatMap(({ path, text }) => {
    // Most files have no match at all, and one test of the whole text is cheaper than a split.
    if (!pattern.test(text)) return [];
    return text
      .split("\n")
      .flatMap((each, at) => (pattern.test(each) ? [{ rule, path, line: at + 1, message }] : []));
  });
}

import { resolver } from "#test/tidy/import-table.ts";
import type { Source, Violation } from "#test/tidy/source.ts";

const entry = "console/src/main.tsx";

/** What the console loads runs in browsers: nothing that it reaches, in api or lib, imports a module of Node. */
export function browserRule(files: readonly Source[]): readonly Violation[] {
  const resolve = resolver(files);
  const byPath = new Map(files.map((file) => [file.path, file]));
  const reached = new Set<string>();
  const violations: Violation[] = [];
  const queue = [entry];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    // A type-only import is gone before the browser sees it.
    for (const { specifier, line } of (byPath.get(path)?.facts?.imports ?? []).filter(
      (each) => !each.typeOnly,
    )) {
      const target = resolve(path, specifier);
      if (target !== undefined) queue.push(target);
      if (specifier.startsWith("node:"))
        violations.push({
          rule: "browser",
          path,
          line,
          message: `the console reaches this file, and browsers have no ${specifier}; take what it gives as a parameter`,
        });
    }
  }
  return violations;
}

import { isProduct, isTestCode, type Source, type Violation } from "#test/tidy/source.ts";
import { resolver } from "#test/tidy/import-table.ts";

/**
 * A file of the product that nothing of the product reaches from an entry. The entries are those of knip.json and the
 * scripts of the console's page, which knip finds by itself. What only tests reach is dead too, and belongs into `test/`.
 */
export function deadFilesRule(files: readonly Source[]): readonly Violation[] {
  const resolve = resolver(files);
  const byPath = new Map(files.map((file) => [file.path, file]));
  const reached = new Set<string>();
  const queue = [...knipEntries(files), ...pageScripts(files)];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (reached.has(path) || !byPath.has(path)) continue;
    reached.add(path);
    for (const { specifier } of byPath.get(path)?.facts?.imports ?? []) {
      const target = resolve(path, specifier);
      if (target !== undefined) queue.push(target);
    }
  }
  return files
    .filter(({ path, facts }) => facts !== undefined && isProduct(path) && !reached.has(path))
    .map(({ path }) => ({
      rule: "dead-files",
      path,
      line: 1,
      message: "nothing of the product imports it; delete it, or name it as an entry in knip.json",
    }));
}

function knipEntries(files: readonly Source[]): string[] {
  const text = files.find(({ path }) => path === "knip.json")?.text ?? "{}";
  // Our own knip.json; entries of the product are plain paths without patterns.
  const entries = (JSON.parse(text) as { entry?: readonly string[] }).entry ?? [];
  return entries.map((entry) => entry.replace(/!$/, "")).filter((entry) => !isTestCode(entry));
}

/** Where Vite begins: what the page itself loads, by addresses that are absolute from the console's folder. */
function pageScripts(files: readonly Source[]): string[] {
  const page = files.find(({ path }) => path === "console/index.html")?.text ?? "";
  return [...page.matchAll(/<script\b[^>]*\ssrc="([^"]+)"/g)].map((match) => `console${match[1] ?? ""}`);
}

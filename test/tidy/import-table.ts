import { dirname, join } from "node:path/posix";
import { isProduct, isTestCode, type Source, type Violation } from "#test/tidy/source.ts";

/** What a folder may import: `all` of another, or only its `types`. */
type Reach = "all" | "types";
type Row = Readonly<Record<string, Reach>>;

const capabilities = ["apps", "traffic", "incidents", "scale", "shield", "objects", "disks", "burst"];
const capability: Row = { lib: "all", api: "all", control: "all", store: "types" };

/** The import table of ARCHITECTURE.md. A folder that is missing here may not exist. */
export const importTable: Readonly<Record<string, Row | "everything">> = {
  lib: {},
  api: { lib: "all" },
  drivers: { lib: "all" },
  store: { lib: "all", api: "all" },
  control: { lib: "all", api: "all", store: "all" },
  ...Object.fromEntries(capabilities.map((name) => [name, capability])),
  server: { lib: "all", api: "all", control: "all", store: "types" },
  cli: { lib: "all", api: "all" },
  console: { api: "all", lib: "all" },
  main: "everything",
};

/** Engines are chosen in src/main and named nowhere else. */
const enginePatterns = [/^src\/[^/]+\/engines\/[^/]+\//, /^src\/store\/(postgres|memory|model)\//];

/** Packages that must stay behind one folder's face, so that replacing one touches one folder. */
const packageHomes: Readonly<Record<string, readonly string[]>> = {
  fastify: ["server"],
  ws: ["server", "drivers"],
  "@fastify": ["server"],
  "openid-client": ["server", "control"],
  kysely: ["store"],
  pg: ["store", "drivers"],
  pino: ["lib"],
  "prom-client": ["server", "control"],
  commander: ["cli", "main"],
  selfsigned: ["server", "drivers", "main"],
  react: ["console"],
  "react-dom": ["console"],
  "react-router": ["console"],
  "react-hook-form": ["console"],
  "@base-ui": ["console"],
  "@tanstack": ["console"],
  "lucide-react": ["console"],
  uplot: ["console"],
};

/** Every import of the product against the table: static, dynamic, type-only and re-exports alike. */
export function importTableRule(files: readonly Source[]): readonly Violation[] {
  const resolve = resolver(files);
  return files.flatMap((file) => {
    if (file.facts === undefined || !isProduct(file.path)) return [];
    return file.facts.imports.flatMap(({ specifier, line, typeOnly }) => {
      const target = resolve(file.path, specifier);
      const fault =
        target === undefined
          ? packageFault(file.path, specifier)
          : importFault(file.path, target, typeOnly ? "types" : "all");
      return fault === undefined ? [] : [{ rule: "import-table", path: file.path, line, message: fault }];
    });
  });
}

/** Turns a specifier into a path of this repository through `imports` of package.json; undefined for packages. */
export function resolver(files: readonly Source[]): (from: string, specifier: string) => string | undefined {
  const manifest = files.find((file) => file.path === "package.json");
  // Our own package.json: a map from `#x/*` to `./y/*`.
  const imports = (JSON.parse(manifest?.text ?? "{}") as { imports?: Record<string, string> }).imports ?? {};
  // Node takes the longest prefix that matches; so does this.
  const patterns = Object.entries(imports).toSorted(([a], [b]) => b.length - a.length);
  return (from, specifier) => {
    if (specifier.startsWith(".")) return join(dirname(from), specifier);
    for (const [pattern, target] of patterns) {
      const prefix = pattern.replace("*", "");
      if (specifier.startsWith("#") && specifier.startsWith(prefix))
        return join(target.replace("*", specifier.slice(prefix.length)));
    }
    return undefined;
  };
}

function importFault(from: string, to: string, wanted: Reach): string | undefined {
  if (isTestCode(to)) return `'${to}' is for tests; nothing of the product may import it`;
  const here = areaOf(from);
  const there = areaOf(to);
  const row = importTable[here];
  if (row === undefined) return `the folder '${here}' is not in the import table; give it a row there first`;
  if (here === there && here !== "drivers") return engineFault(from, to);
  if (row === "everything") return undefined;
  if (here === "drivers" && there === "drivers")
    return driverOf(from) === driverOf(to)
      ? undefined
      : `drivers never import each other; '${driverOf(from)}' takes what it needs as a parameter, or it moves to lib`;
  // A capability's own engines speak to their programs through drivers.
  if (there === "drivers" && /^src\/[^/]+\/engines\//.test(from)) return undefined;
  if (capabilities.includes(here) && capabilities.includes(there))
    return `capabilities meet only in resources; '${here}' writes or watches a resource of '${there}' instead`;
  const reach = row[there];
  if (reach === undefined) return `'${here}' may not import '${there}'; it may import ${rowText(row)}`;
  if (reach === "types" && wanted === "all")
    return `'${here}' may import only types of '${there}'; write 'import type', and take the value as a parameter`;
  return engineFault(from, to);
}

function engineFault(from: string, to: string): string | undefined {
  const pattern = enginePatterns.find((each) => each.test(to));
  const home = pattern?.exec(to)?.[0];
  if (home === undefined || from.startsWith(home) || areaOf(from) === "main") return undefined;
  // The store is itself the folder of its engines; accounts, for one, are kept only in PostgreSQL.
  if (areaOf(from) === "store") return undefined;
  return `only src/main names an engine; take the interface of '${home}' as a parameter`;
}

function packageFault(from: string, specifier: string): string | undefined {
  if (specifier.startsWith("node:")) return undefined;
  const name = Object.keys(packageHomes).find(
    (each) => specifier === each || specifier.startsWith(`${each}/`),
  );
  const homes = name === undefined ? undefined : packageHomes[name];
  if (homes === undefined || homes.includes(areaOf(from))) return undefined;
  return `'${name}' is used only in ${homes.join(", ")}; use what that folder offers`;
}

function areaOf(path: string): string {
  if (path.startsWith("console/")) return "console";
  return path.split("/")[1] ?? "";
}

function driverOf(path: string): string {
  return path.split("/")[2] ?? "";
}

function rowText(row: Row): string {
  const names = Object.entries(row).map(([name, reach]) => (reach === "types" ? `types of ${name}` : name));
  return names.length === 0 ? "nothing of ours" : names.join(", ");
}

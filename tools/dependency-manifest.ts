import { readFileSync } from "node:fs";
import { dependencyReasons } from "#tools/dependency-reasons.ts";
import { table, type GeneratedFile } from "#tools/generated-file.ts";

/** The parts of npm's lock file (version 3) that are read here. */
interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** docs/reference/dependencies.md from the lock file: every package that a user of VDC runs. */
export const dependencyManifest: GeneratedFile = {
  path: "docs/reference/dependencies.md",
  generate: () => manifestText(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8")),
};

export function manifestText(lockText: string): string {
  const { packages } = JSON.parse(lockText) as Lock; // npm wrote it; `npm ci` refuses any other form
  const own = packages[""] ?? {};
  const direct = Object.keys({ ...own.dependencies, ...own.optionalDependencies }).toSorted();
  const unexplained = direct.filter((name) => dependencyReasons[name] === undefined);
  const gone = Object.keys(dependencyReasons).filter((name) => !direct.includes(name));
  if (unexplained.length + gone.length > 0)
    throw new Error(
      `tools/dependency-reasons.ts: no reason for [${unexplained.join(", ")}], no dependency for [${gone.join(", ")}]`,
    );
  const locked = (name: string) => packages[`node_modules/${name}`] ?? {};
  const directRows = direct.map((name) => [name, ...facts(locked(name)), dependencyReasons[name] ?? ""]);
  const indirect = Object.entries(packages)
    .filter(([path, { dev }]) => path !== "" && dev !== true)
    .map(([path, found]) => [path.replace(/^.*node_modules\//, ""), ...facts(found)])
    .filter(([name]) => !direct.includes(name ?? ""))
    .toSorted((a, b) => a.join(" ").localeCompare(b.join(" "), "en"));
  return `# Dependencies of the product

Made from \`package-lock.json\` by \`npm run generate\`; do not edit. A change here is a change of what users run,
and is reviewed as one. Packages for development only are not listed.

## Direct (${directRows.length})

${table(["package", "version", "licence", "why"], directRows)}

## Through them (${indirect.length})

Those for other platforms are listed too; npm installs the ones that fit.

${table(["package", "version", "licence"], indirect)}
`;
}

function facts({ version, license }: LockedPackage): readonly string[] {
  return [version ?? "?", license ?? "?"];
}

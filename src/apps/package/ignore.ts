/** Never packed, whatever .vdcignore says: they are of the developer, large, or name what is on their machine. */
const never = [".git", ".hg", ".svn", "node_modules/.cache", "__pycache__", ".DS_Store", ".vdcignore"];

export interface IgnoreRules {
  /** Whether this file or folder, and so all below it, stays out of the package. */
  ignores(path: string, isFolder: boolean): boolean;
}

interface Rule {
  readonly pattern: RegExp;
  readonly keeps: boolean;
  readonly foldersOnly: boolean;
}

/**
 * The rules of a `.vdcignore` (the language of gitignore(5)): a line is a pattern; `#` begins a comment, `!` takes back, a `/` at the
 * end means folders, one elsewhere ties the pattern to the package's folder; `*`, `?`, `[a-z]` stay within a name, `**` does not.
 * The last rule that matches counts.
 */
export function ignoreRules(text: string): IgnoreRules {
  const rules = text.split(/\r?\n/).flatMap((line) => ruleOf(line) ?? []);
  return {
    ignores: (path, isFolder) => {
      if (never.some((name) => path === name || path.endsWith(`/${name}`))) return true;
      const last = rules.findLast((rule) => (isFolder || !rule.foldersOnly) && rule.pattern.test(path));
      return last !== undefined && !last.keeps;
    },
  };
}

function ruleOf(line: string): Rule | undefined {
  const trimmed = line.trimEnd();
  if (trimmed === "" || trimmed.startsWith("#")) return undefined;
  const keeps = trimmed.startsWith("!");
  const body = trimmed.slice(keeps ? 1 : 0).replace(/^\\(?=[#!])/, "");
  const foldersOnly = body.endsWith("/");
  const path = body.replace(/\/$/, "");
  const anchored = path.includes("/");
  const source = globSource(path.replace(/^\//, ""));
  return { pattern: new RegExp(`^${anchored ? "" : "(?:.*/)?"}${source}$`, "su"), keeps, foldersOnly };
}

function globSource(glob: string): string {
  let source = "";
  const token = /\*\*\/|\/\*\*$|\*+|\?|\[(!?)([^\]/]+)\]|([\s\S])/gu;
  for (const [whole, negated, inside, plain] of glob.matchAll(token)) {
    if (whole === "**/") source += "(?:[^/]+/)*";
    else if (whole === "/**") source += "/.+";
    else if (whole.startsWith("*")) source += "[^/]*";
    else if (whole === "?") source += "[^/]";
    else if (inside !== undefined)
      source += `[${negated === "!" ? "^/" : ""}${inside.replaceAll(/[\\\][^&]/g, String.raw`\$&`)}]`;
    else source += (plain ?? "").replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
  }
  return source;
}

/** Names that usually hold secrets: packed when asked for, with a warning. */
export function looksSecret(path: string): boolean {
  const name = path.split("/").at(-1) ?? "";
  if (path.includes("node_modules/")) return false;
  return (
    /^\.env(\..+)?$|^\.npmrc$|^\.netrc$|^id_(rsa|ecdsa|ed25519|dsa)$|\.(key|p12|pfx|keystore)$|^credentials(\.json)?$/.test(
      name,
    ) && !/\.(example|sample|template)$/.test(name)
  );
}

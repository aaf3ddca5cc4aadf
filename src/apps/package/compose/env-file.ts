/**
 * Reads a file of variables as Compose does (compose-spec, "env_file"): `NAME=value`, `export NAME=value`, comments after ` #`,
 * single quotes literal, double quotes with \n, \t, \" and \\. Gives the line that cannot be read instead when there is one.
 */
export function readEnvFile(
  text: string,
): { readonly variables: Readonly<Record<string, string>> } | { readonly wrongLine: number } {
  const variables: Record<string, string> = {};
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const match = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*(.*)$/.exec(line);
    const value = match?.[2] === undefined ? undefined : unquoted(match[2].trimEnd());
    if (match?.[1] === undefined || value === undefined) return { wrongLine: at + 1 };
    variables[match[1]] = value;
  }
  return { variables };
}

function unquoted(value: string): string | undefined {
  if (value.startsWith("'")) return /^'([^']*)'\s*(#.*)?$/.exec(value)?.[1];
  if (value.startsWith('"')) {
    const inside = /^"((?:[^"\\]|\\.)*)"\s*(#.*)?$/.exec(value)?.[1];
    const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };
    return inside?.replaceAll(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter);
  }
  return value.replace(/\s+#.*$/, "");
}

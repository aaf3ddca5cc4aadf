import type { SettingValue } from "#api/kinds/app.ts";
import type { Setting } from "#api/manifest.ts";
import type { Call } from "#cli/declare.ts";
import { readText } from "#cli/input/read-text.ts";
import { UsageError } from "#cli/usage-error.ts";

const maxSecretBytes = 65_536;

/** The types of a package's settings, by name. */
export type Settings = Readonly<Record<string, Pick<Setting, "type" | "secret">>>;

/** `key=value` words as values of the types that the package says; what it does not know stays text, and control names it. */
export function readSettings(words: readonly string[], settings: Settings): Record<string, SettingValue> {
  const values = new Map<string, SettingValue>();
  for (const word of words) {
    const [key, text] = pair(word, "--set");
    if (values.has(key)) throw new UsageError(`the setting '${key}' is given twice`);
    const setting = Object.hasOwn(settings, key) ? settings[key] : undefined;
    if (setting?.secret === true)
      throw new UsageError(
        `'${key}' is a secret: others could read it on the command line`,
        `give it by --set-secret ${key}=@FILE, or ${key}=- for stdin`,
      );
    values.set(key, typed(key, text, setting?.type));
  }
  return Object.fromEntries(values);
}

/** `key=-` from stdin, `key=@file` from a file, `key` alone from the terminal without echo. */
export async function readSecrets(
  call: Call,
  words: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const values = new Map<string, string>();
  let stdinIsFor: string | undefined;
  for (const word of words) {
    const [key, from] = word.includes("=") ? pair(word, "--set-secret") : ([word, ""] as const);
    if (values.has(key)) throw new UsageError(`the secret '${key}' is given twice`);
    if (from !== "" && from !== "-" && !from.startsWith("@"))
      throw new UsageError(
        `the value of '${key}' must not be on the command line, where others can read it`,
        `give it by ${key}=@FILE, ${key}=- for stdin, or ${key} alone to be asked`,
      );
    if (from === "-" && stdinIsFor !== undefined)
      throw new UsageError(`stdin is for '${stdinIsFor}' already`, "give the other one by @FILE");
    if (from === "-") stdinIsFor = key;
    values.set(key, await secretValue(call, key, from));
  }
  return values;
}

/** One secret: from a file, from stdin, or asked for. One final line end is not part of it. */
export async function secretValue(call: Call, what: string, from: string): Promise<string> {
  const { io } = call;
  if (from === "" && !io.isTty.stdin)
    throw new UsageError(`nobody can be asked for ${what} here`, "give it on stdin, or by a file");
  const text = from === "" ? await io.readLine(`${what}: `, { secret: true }) : await fromSource(call, from);
  const value = (text ?? "").replace(/\r?\n$/, "");
  if (value === "") throw new UsageError(`${what} is empty`);
  return value;
}

async function fromSource(call: Call, from: string): Promise<string> {
  if (from === "-") return await call.io.readAll(maxSecretBytes);
  return await readText(call, from.slice(1), maxSecretBytes);
}

/** `route=host` words: the hosts of each route of the package. A host alone is for the only route there is. */
export function readHosts(words: readonly string[], routes: readonly string[]): Record<string, string[]> {
  const hosts = new Map<string, string[]>();
  for (const word of words) {
    const at = word.indexOf("=");
    const route = at < 0 ? onlyRoute(routes, word) : word.slice(0, at);
    hosts.set(route, [...(hosts.get(route) ?? []), word.slice(at + 1)]);
  }
  return Object.fromEntries(hosts);
}

function onlyRoute(routes: readonly string[], host: string): string {
  const [only] = routes;
  if (only !== undefined && routes.length === 1) return only;
  throw new UsageError(
    `which route '${host}' is for is not said`,
    `write ROUTE=${host}; routes are: ${routes.join(", ")}`,
  );
}

function pair(word: string, option: string): readonly [string, string] {
  const at = word.indexOf("=");
  if (at < 1) throw new UsageError(`${option} takes KEY=VALUE, not '${word.slice(0, 100)}'`);
  return [word.slice(0, at), word.slice(at + 1)];
}

function typed(key: string, text: string, type: Setting["type"] | undefined): SettingValue {
  switch (type) {
    case "integer":
    case "number": {
      const value = Number(text);
      const isWell =
        text.trim() !== "" && Number.isFinite(value) && (type === "number" || Number.isInteger(value));
      if (isWell) return value;
      throw new UsageError(
        `'${key}' takes ${type === "integer" ? "a whole number" : "a number"}, not '${text.slice(0, 40)}'`,
      );
    }
    case "boolean":
      if (text === "true" || text === "false") return text === "true";
      throw new UsageError(`'${key}' takes true or false, not '${text.slice(0, 40)}'`);
    default:
      return text;
  }
}

import { isJsonObject, type Json } from "#lib/json.ts";
import type { Place, Problems } from "./problem.ts";

const maxNesting = 8;

/**
 * Puts variables into every text of a Compose value (compose-spec, "Interpolation"): `$NAME`, `${NAME}` with `:-`, `-`, `:?`, `?`,
 * `:+` and `+`, and `$$` for a dollar. `${settings.NAME}` is left for the instance. The variables are those of the package's `.env`
 * alone: the builder's own environment would make one folder give two packages. A variable that is not set is an error.
 */
export function interpolate(place: Place, variables: Readonly<Record<string, string>>): Json {
  const { value } = place;
  if (typeof value === "string") return interpolateText(value, variables, place.problems, place.path);
  if (Array.isArray(value)) return value.map((one: Json, at) => interpolate(place.at(at, one), variables));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      interpolate(place.at(key, member ?? null), variables),
    ]),
  );
}

function interpolateText(
  text: string,
  variables: Readonly<Record<string, string>>,
  problems: Problems,
  path: string,
  depth = 0,
): string {
  if (depth > maxNesting) {
    problems.add(path, `variables are nested deeper than ${maxNesting} levels`);
    return text;
  }
  let made = "";
  let at = 0;
  for (let dollar = text.indexOf("$"); dollar !== -1; dollar = text.indexOf("$", at)) {
    made += text.slice(at, dollar);
    const one = readVariable(text, dollar);
    at = one.end;
    if (one.literal !== undefined) made += one.literal;
    else if (one.name === undefined)
      problems.add(path, "a '$' is not followed by a variable; '$$' is a dollar");
    else
      made += valueOf(
        one,
        variables,
        (part) => interpolateText(part, variables, problems, path, depth + 1),
        (message) => problems.add(path, message),
      );
  }
  return made + text.slice(at);
}

interface Variable {
  readonly end: number;
  readonly literal?: string;
  readonly name?: string;
  /** `:-`, `-`, `:?`, `?`, `:+`, `+`. */
  readonly operator?: string;
  readonly word?: string;
}

function readVariable(text: string, dollar: number): Variable {
  if (text[dollar + 1] === "$") return { end: dollar + 2, literal: "$" };
  const plain = /^[A-Za-z_][A-Za-z0-9_]*/.exec(text.slice(dollar + 1))?.[0];
  if (plain !== undefined) return { end: dollar + 1 + plain.length, name: plain };
  const close = text[dollar + 1] === "{" ? closingBrace(text, dollar + 1) : -1;
  if (close === -1) return { end: dollar + 1 };
  const inside = text.slice(dollar + 2, close);
  const end = close + 1;
  if (inside.startsWith("settings.")) return { end, literal: text.slice(dollar, end) };
  const match = /^([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?+])([\s\S]*))?$/.exec(inside);
  if (match === null) return { end };
  const [, name = "", operator, word = ""] = match;
  return operator === undefined ? { end, name } : { end, name, operator, word };
}

function closingBrace(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at += 1) {
    if (text[at] === "{") depth += 1;
    else if (text[at] === "}" && (depth -= 1) === 0) return at;
  }
  return -1;
}

function valueOf(
  { name = "", operator, word = "" }: Variable,
  variables: Readonly<Record<string, string>>,
  inner: (text: string) => string,
  wrong: (message: string) => void,
): string {
  const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
  const counts =
    operator?.startsWith(":") === true ? value !== undefined && value !== "" : value !== undefined;
  switch (operator?.at(-1)) {
    case "-":
      return counts ? (value ?? "") : inner(word);
    case "+":
      return counts ? inner(word) : "";
    case "?":
      if (!counts)
        wrong(`the variable ${name} is needed: ${word === "" ? "it is not set" : word.slice(0, 200)}`);
      return value ?? "";
    default:
      if (value === undefined)
        wrong(
          `the variable ${name} is not set; set it in .env beside the file, or write \${${name}:-default}`,
        );
      return value ?? "";
  }
}

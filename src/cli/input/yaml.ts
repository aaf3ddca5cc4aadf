import { VdcError } from "#api/errors.ts";
import { isJsonObject, jsonDepth, type Json } from "#lib/json.ts";

/** Deeper nesting is refused before a recursive reader sees it. */
const maxDepth = 100;

/** A document's text and the name that messages give it. */
export interface Source {
  readonly name: string;
  readonly text: string;
}

/** One value of a source, and where in the source its parts are. */
export interface YamlValue {
  readonly value: Json;
  /** `shop.yaml:12` for the nearest known place of a path. */
  readonly place: (path: readonly (string | number)[]) => string;
}

/**
 * Reads a source of YAML documents (JSON is YAML). Empty documents are left out, and a list as `vdc get --yaml`
 * prints it (`items`) counts as its members. Throws `invalid` with the line of what cannot be read.
 */
export async function readYaml(source: Source): Promise<readonly YamlValue[]> {
  if (jsonDepth(source.text) > maxDepth || deepestIndent(source.text) > maxDepth * 8) throw tooDeep(source);
  const { isNode, LineCounter, parseAllDocuments } = await import("yaml");
  const counter = new LineCounter();
  const documents = parseAllDocuments(source.text, {
    lineCounter: counter,
    uniqueKeys: true,
    version: "1.2",
  });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    const problem = document.errors[0];
    if (problem !== undefined) throw unreadable(source, problem.linePos?.[0].line, problem.code);
    const place = (path: readonly (string | number)[]): string => {
      for (let length = path.length; length >= 0; length -= 1) {
        const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
        if (isNode(node) && node.range) return `${source.name}:${counter.linePos(node.range[0]).line}`;
      }
      return source.name;
    };
    const value = plainValue(source, () => document.toJS({ maxAliasCount: 100 }) as Json); // YAML 1.2 core gives JSON's values
    if (value === null) return [];
    return membersOf({ value, place });
  });
}

function membersOf(whole: YamlValue): readonly YamlValue[] {
  const items =
    isJsonObject(whole.value) && whole.value["kind"] === undefined ? whole.value["items"] : undefined;
  if (!Array.isArray(items)) return [whole];
  return items.map((value: Json, at) => ({
    value,
    place: (path: readonly (string | number)[]) => whole.place(["items", at, ...path]),
  }));
}

function plainValue(source: Source, make: () => Json): Json {
  try {
    const value = make();
    // Dates, sets and binary cannot come from the core schema; a number that JSON does not have can.
    return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as Json); // JSON.parse gives JSON
  } catch (cause) {
    throw new VdcError("invalid", `${source.name} uses too many aliases, or nests too deeply.`, { cause });
  }
}

function deepestIndent(text: string): number {
  let deepest = 0;
  for (const match of text.matchAll(/^(?: *- )* */gm)) deepest = Math.max(deepest, match[0].length);
  return deepest;
}

function tooDeep(source: Source): VdcError {
  return new VdcError("invalid", `${source.name} nests deeper than ${maxDepth} levels.`);
}

const problems: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: "a key is there twice",
  TAB_AS_INDENT: "YAML is indented by spaces, not tabs",
  BAD_INDENT: "the indentation does not fit",
  MISSING_CHAR: "a bracket or a quote is missing",
  MULTILINE_IMPLICIT_KEY: "a key goes over several lines; is a quote missing?",
  UNEXPECTED_TOKEN: "something is here that does not belong here",
  BLOCK_AS_IMPLICIT_KEY: "a mapping begins in the middle of a line",
};

function unreadable(source: Source, line: number | undefined, code: string): VdcError {
  const place = line === undefined ? source.name : `${source.name}:${line}`;
  const message = problems[code] ?? `YAML cannot be read here (${code})`;
  return new VdcError("invalid", `${source.name} is not YAML or JSON.`, {
    fields: [{ path: place, message }],
  });
}

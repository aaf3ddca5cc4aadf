import { parseDocument } from "yaml";
import { VdcError } from "#api/errors.ts";
import { isJsonObject, jsonDepth, type JsonObject } from "#lib/json.ts";

export const maxYamlBytes = 1024 * 1024;
const maxDepth = 64;
const maxAliases = 200;

/**
 * Reads one YAML document that is a mapping. Refuses what is too large or too deep, keys that are there twice, unknown tags and
 * aliases that would grow without bound. Merge keys (`<<`) are understood, as Compose files use them.
 */
export function readYaml(bytes: Uint8Array, name: string): JsonObject {
  if (bytes.byteLength > maxYamlBytes)
    throw new VdcError("too-large", `${name} is larger than ${maxYamlBytes} bytes.`);
  const text = utf8(bytes, name);
  if (jsonDepth(text) > maxDepth || deepestIndent(text) > maxDepth * 8)
    throw new VdcError("invalid", `${name} is nested deeper than ${maxDepth} levels.`);
  const document = parseDocument(text, { merge: true, uniqueKeys: true, version: "1.2" });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) {
    const line = problem.linePos?.[0].line;
    const said = problem.message.split("\n")[0] ?? problem.code;
    throw new VdcError("invalid", `${name} cannot be read as YAML: ${said}`, {
      fields: [{ path: line === undefined ? name : `${name}:${line}`, message: said }],
    });
  }
  let value: unknown;
  try {
    // Through JSON: what YAML has and JSON has not (dates, infinity, shared objects) ends here.
    value = JSON.parse(JSON.stringify(document.toJS({ maxAliasCount: maxAliases })));
  } catch (cause) {
    throw new VdcError("invalid", `${name} uses too many aliases, or is nested too deeply.`, { cause });
  }
  if (!isJsonObject(value)) throw new VdcError("invalid", `${name} has to be a mapping of keys to values.`);
  return value;
}

function utf8(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new VdcError("invalid", `${name} is not UTF-8 text.`, { cause });
  }
}

function deepestIndent(text: string): number {
  let deepest = 0;
  for (const match of text.matchAll(/^(?: *- )* */gm)) deepest = Math.max(deepest, match[0].length);
  return deepest;
}

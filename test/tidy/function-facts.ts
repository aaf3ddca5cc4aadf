import { isNode, type Node, type Place } from "#test/tidy/syntax-tree.ts";

export interface FunctionFact {
  /** Its own name, or that of the variable, property or method that holds it; `anonymous` otherwise. */
  readonly name: string;
  readonly line: number;
  readonly lines: number;
  /** Handed to `test`, `describe` and the like: a block of tests, not a function that somebody calls. */
  readonly testBlock: boolean;
  /** Offsets in the file, to tell whether it holds tests. */
  readonly start: number;
  readonly end: number;
}

const functionTypes = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);
const testCallees = new Set([
  "test",
  "it",
  "describe",
  "suite",
  "before",
  "after",
  "beforeEach",
  "afterEach",
]);

export function readFunction({ node, parent, lineOf }: Place): FunctionFact | undefined {
  if (!functionTypes.has(node.type)) return undefined;
  const line = lineOf(node.start);
  return {
    name: nameOf(node["id"]) ?? holderName(parent) ?? "anonymous",
    line,
    lines: lineOf(node.end) - line + 1,
    start: node.start,
    end: node.end,
    testBlock: parent?.type === "CallExpression" && testCallees.has(nameOf(parent["callee"]) ?? ""),
  };
}

function holderName(parent: Node | undefined): string | undefined {
  switch (parent?.type) {
    case "VariableDeclarator":
      return nameOf(parent["id"]);
    case "Property":
    case "PropertyDefinition":
    case "MethodDefinition":
      return nameOf(parent["key"]);
    default:
      return undefined;
  }
}

function nameOf(value: unknown): string | undefined {
  return isNode(value) && typeof value["name"] === "string" ? value["name"] : undefined;
}

import { identifierName, isNode, type Node, type Place } from "#test/tidy/syntax-tree.ts";

/** A name that is read: `setTimeout`, `Date.now`, `process.env`, `new Date()` (only without arguments). */
export interface UseFact {
  readonly name: string;
  readonly line: number;
}

const globals = new Set(["globalThis", "window", "self", "global"]);

export function readUse({ node, parent, key, lineOf }: Place): UseFact | undefined {
  const name = usedName(node, parent, key);
  return name === undefined ? undefined : { name, line: lineOf(node.start) };
}

function usedName(node: Node, parent: Node | undefined, key: string): string | undefined {
  switch (node.type) {
    case "MemberExpression":
      return memberName(node);
    case "NewExpression": {
      const callee = node["callee"];
      const bare = Array.isArray(node["arguments"]) && node["arguments"].length === 0;
      return bare && isNode(callee) && callee["name"] === "Date" ? "new Date()" : undefined;
    }
    case "Identifier":
      return isReference(parent, key) ? identifierName(node) : undefined;
    default:
      return undefined;
  }
}

function memberName(node: Node): string | undefined {
  const object = identifierName(node["object"]);
  const property = node["computed"] === true ? undefined : identifierName(node["property"]);
  if (object === undefined || property === undefined) return undefined;
  return globals.has(object) ? property : `${object}.${property}`;
}

/** Whether an identifier here stands for a value, not for the name of a member, a parameter or an import. */
function isReference(parent: Node | undefined, key: string): boolean {
  if (parent === undefined) return false;
  if (parent.type.startsWith("TS") || parent.type.endsWith("Specifier")) return false;
  if (parent.type === "MemberExpression") return key === "object" || parent["computed"] === true;
  if (key === "key") return parent["computed"] === true;
  return key !== "id" && key !== "params" && key !== "label";
}

import { isNode, literalText, type Node, type Place } from "#test/tidy/syntax-tree.ts";

export interface ImportFact {
  readonly specifier: string;
  readonly line: number;
  /** Erased before it runs: `import type`, `import { type A }`, `typeof import(…)`. */
  readonly typeOnly: boolean;
  /** What is taken from the module, by its name there; `*` for all of it. */
  readonly names: readonly string[];
}

/** Static and dynamic imports, re-exports, types by `import(…)`, and modules named through `import.meta.resolve`. */
export function readImport({ node, lineOf }: Place): ImportFact | undefined {
  const specifier = specifierOf(node);
  if (specifier === undefined) return undefined;
  return { specifier, line: lineOf(node.start), typeOnly: isTypeOnly(node), names: namesOf(node) };
}

function specifierOf(node: Node): string | undefined {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportAllDeclaration":
    case "ExportNamedDeclaration":
    case "ImportExpression":
    case "TSImportType":
      return literalText(node["source"]);
    case "CallExpression":
      return isMetaResolve(node["callee"]) ? literalText((node["arguments"] as unknown[])[0]) : undefined; // always an array
    default:
      return undefined;
  }
}

function isTypeOnly(node: Node): boolean {
  if (node.type === "TSImportType") return true;
  if (node["importKind"] === "type" || node["exportKind"] === "type") return true;
  const specifiers = node["specifiers"];
  if (!Array.isArray(specifiers) || specifiers.length === 0) return false;
  return specifiers.every(
    (each) => isNode(each) && (each["importKind"] === "type" || each["exportKind"] === "type"),
  );
}

function namesOf(node: Node): readonly string[] {
  const specifiers = node["specifiers"];
  if (!Array.isArray(specifiers)) return ["*"];
  return specifiers.map((each) => {
    const imported: unknown = isNode(each) ? (each["imported"] ?? each["local"]) : undefined;
    if (isNode(each) && each.type === "ImportNamespaceSpecifier") return "*";
    return isNode(imported) && typeof imported["name"] === "string" ? imported["name"] : "*";
  });
}

function isMetaResolve(callee: unknown): boolean {
  if (!isNode(callee) || callee.type !== "MemberExpression") return false;
  const { object, property } = callee;
  return (
    isNode(object) && object.type === "MetaProperty" && isNode(property) && property["name"] === "resolve"
  );
}

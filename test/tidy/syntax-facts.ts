import { identifierName, isNode, type Node, type Place } from "#test/tidy/syntax-tree.ts";

export type SyntaxName =
  | "default export"
  | "enum"
  | "namespace"
  | "decorator"
  | "parameter property"
  | "assertion"
  | "non-null assertion"
  | "any";

export interface SyntaxFact {
  readonly what: SyntaxName;
  readonly line: number;
  /** Where it ends; the reason for an assertion may stand at either end. */
  readonly lastLine: number;
}

export function readSyntax({ node, lineOf }: Place): SyntaxFact | undefined {
  const what = syntaxOf(node);
  if (what === undefined) return undefined;
  return { what, line: lineOf(node.start), lastLine: lineOf(node.end) };
}

function syntaxOf(node: Node): SyntaxName | undefined {
  switch (node.type) {
    case "ExportDefaultDeclaration":
      return "default export";
    case "ExportSpecifier":
      return identifierName(node["exported"]) === "default" ? "default export" : undefined;
    case "TSEnumDeclaration":
      return "enum";
    case "TSModuleDeclaration":
      // `declare module "x"` and `declare global` describe what exists; they emit nothing.
      return node["kind"] === "namespace" ? "namespace" : undefined;
    case "Decorator":
      return "decorator";
    case "TSParameterProperty":
      return "parameter property";
    case "TSAsExpression":
    case "TSTypeAssertion":
      return isConst(node["typeAnnotation"]) ? undefined : "assertion";
    case "TSNonNullExpression":
      return "non-null assertion";
    case "TSAnyKeyword":
      return "any";
    default:
      return undefined;
  }
}

/** `as const` narrows and can hide nothing. */
function isConst(annotation: unknown): boolean {
  if (!isNode(annotation) || annotation.type !== "TSTypeReference") return false;
  return identifierName(annotation["typeName"]) === "const";
}

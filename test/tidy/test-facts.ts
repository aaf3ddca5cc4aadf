import { isNode, literalText, type Node, type Place } from "#test/tidy/syntax-tree.ts";

export interface TestFact {
  /** Its text when it is a plain string; undefined when it is computed (a suite that runs on several engines). */
  readonly title: string | undefined;
  readonly line: number;
  /** `only`, `skip` or `todo`, set by the call's name or by a literal `true` in its options. */
  readonly modifier: string | undefined;
  /** A group: `describe` or `suite`. */
  readonly group: boolean;
  /** Offsets in the file, to tell which group a test stands in. */
  readonly start: number;
  readonly end: number;
}

const tests = new Set(["test", "it"]);
const groups = new Set(["describe", "suite"]);
const modifiers = ["only", "skip", "todo"] as const;

export function readTest({ node, lineOf }: Place): TestFact | undefined {
  if (node.type !== "CallExpression") return undefined;
  const called = calleeOf(node["callee"]);
  if (called === undefined) return undefined;
  const options = (node["arguments"] as readonly unknown[]).slice(0, 2); // `arguments` of a call is an array
  return {
    title: literalText(options[0]),
    line: lineOf(node.start),
    modifier: called.modifier ?? modifiers.find((name) => options.some((each) => isSet(each, name))),
    group: groups.has(called.name),
    start: node.start,
    end: node.end,
  };
}

function calleeOf(callee: unknown): { readonly name: string; readonly modifier?: string } | undefined {
  if (!isNode(callee)) return undefined;
  if (callee.type === "Identifier") {
    const name = String(callee["name"]);
    return tests.has(name) || groups.has(name) ? { name } : undefined;
  }
  if (callee.type !== "MemberExpression" || !isNode(callee["property"])) return undefined;
  const modifier = modifiers.find(
    (each) => isNode(callee["property"]) && callee["property"]["name"] === each,
  );
  const base = modifier === undefined ? undefined : calleeOf(callee["object"]);
  return base === undefined || modifier === undefined ? undefined : { name: base.name, modifier };
}

/** Whether an options object says `only: true`. A condition (`skip: missing("bwrap")`) is allowed and not this. */
function isSet(value: unknown, option: string): boolean {
  if (!isNode(value) || value.type !== "ObjectExpression") return false;
  return (value["properties"] as readonly Node[]).some((property) => {
    const { key, value: set } = property;
    return isNode(key) && key["name"] === option && isNode(set) && set["value"] === true;
  });
}

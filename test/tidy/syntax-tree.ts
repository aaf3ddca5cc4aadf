import { visitorKeys } from "oxc-parser";

/** A node of the ESTree that oxc gives; read by key because the rules look at a few of its many forms. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** Where the walk is: the node, what holds it and under which key. */
export interface Place {
  readonly node: Node;
  readonly parent: Node | undefined;
  readonly key: string;
  readonly lineOf: (offset: number) => number;
}

export function isNode(value: unknown): value is Node {
  return value !== null && typeof value === "object" && "type" in value;
}

/** The name of an identifier; undefined for every other node. */
export function identifierName(value: unknown): string | undefined {
  return isNode(value) && value.type === "Identifier" && typeof value["name"] === "string"
    ? value["name"]
    : undefined;
}

/** The text of a string literal; undefined for every other node. */
export function literalText(value: unknown): string | undefined {
  return isNode(value) && typeof value["value"] === "string" ? value["value"] : undefined;
}

/** Visits a node and everything below it, parents first. */
export function walk(place: Place, visit: (place: Place) => void): void {
  visit(place);
  for (const key of visitorKeys[place.node.type] ?? []) {
    const child = place.node[key];
    for (const node of Array.isArray(child) ? child : [child])
      if (isNode(node)) walk({ node, parent: place.node, key, lineOf: place.lineOf }, visit);
  }
}

/** Gives the line of an offset, counted from 1, by binary search over the line starts. */
export function lineFinder(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
}

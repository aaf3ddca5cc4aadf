import { readFacts, type Facts } from "#test/tidy/facts.ts";

/** One file of the repository as the rules see it. `path` is relative to the root, with `/`. */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly lineCount: number;
  /** What its syntax tree says; undefined for everything but TypeScript. */
  readonly facts: Facts | undefined;
}

/** Makes a source of any text, so that planted violations need no disk. */
export function source(path: string, text: string): Source {
  const lineCount = text === "" ? 0 : text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  return { path, text, lineCount, facts: /\.tsx?$/.test(path) ? readFacts(path, text) : undefined };
}

/** A rule that was broken: where, and what to do instead. */
export interface Violation {
  readonly rule: string;
  readonly path: string;
  /** Counts from 1; 1 when the whole file is meant. */
  readonly line: number;
  readonly message: string;
}

export type Rule = (files: readonly Source[]) => readonly Violation[];

/** `src/a.ts:3: [banned-calls] …`: editors and terminals make a link of it. */
export function violationText(violation: Violation): string {
  return `${violation.path}:${violation.line}: [${violation.rule}] ${violation.message}`;
}

/** Tests and what only tests use; they may do what the product may not. */
export function isTestCode(path: string): boolean {
  return (
    /\.(test|bench)\.tsx?$/.test(path) ||
    /^(test|sim|bench|tools)\//.test(path) ||
    /(^|\/)(conformance|testing)(\/|\.ts$)/.test(path)
  );
}

/** Files that run in a data center: `src` and the console, without their tests. */
export function isProduct(path: string): boolean {
  return /^(src|console\/src)\//.test(path) && !isTestCode(path);
}

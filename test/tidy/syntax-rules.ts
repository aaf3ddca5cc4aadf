import { basename } from "node:path/posix";
import { isTestCode, type Source, type Violation } from "#test/tidy/source.ts";
import type { SyntaxName } from "#test/tidy/syntax-facts.ts";

const instead: Partial<Record<SyntaxName, string>> = {
  "default export": "a named export, so that every file calls it the same",
  enum: "a union of string literals (types are stripped, and an enum is not a type)",
  namespace: "a module (types are stripped, and a namespace is not a type)",
  decorator: "a function call that says what happens",
  "parameter property": "a field and an assignment (types are stripped, and this is more than a type)",
};

/** Syntax that Node cannot strip, or that gives one thing two names. Tool configuration may export by default. */
export function syntaxRule(files: readonly Source[]): readonly Violation[] {
  return files.flatMap(({ path, facts }) =>
    (facts?.syntax ?? [])
      .filter(({ what }) => instead[what] !== undefined)
      .filter(({ what }) => what !== "default export" || !path.endsWith(".config.ts"))
      .map(({ what, line }) => ({
        rule: "syntax",
        path,
        line,
        message: `no ${what}; write ${instead[what] ?? ""}`,
      })),
  );
}

/** How far above an assertion its reason may stand: one comment may serve a few lines of the same kind. */
const reasonWithinLines = 3;

/** `as`, `!` and `any` switch the compiler off: a comment beside it, or close above, says why that is right. */
export function assertionsRule(files: readonly Source[]): readonly Violation[] {
  return files.flatMap(({ path, facts }) => {
    if (facts === undefined || isTestCode(path)) return [];
    const commented = commentedLines(facts.comments);
    return facts.syntax
      .filter(({ what }) => what === "assertion" || what === "non-null assertion" || what === "any")
      .filter(
        ({ line, lastLine }) =>
          !rangeOf(line - reasonWithinLines, lastLine + 1).some((each) => commented.has(each)),
      )
      .map(({ what, line }) => ({
        rule: "assertions",
        path,
        line,
        message: `${what} without a reason; say in a comment beside it why it holds, or parse instead`,
      }));
  });
}

/** A file that only passes on what others export hides where things are. */
export function barrelsRule(files: readonly Source[]): readonly Violation[] {
  return files
    .filter(({ path, facts }) => /^index\.tsx?$/.test(basename(path)) || facts?.onlyReexports === true)
    .filter(({ facts }) => facts !== undefined)
    .map(({ path }) => ({
      rule: "barrels",
      path,
      line: 1,
      message: "no barrel; importers name the file that has the thing",
    }));
}

/** Lines that a comment covers. */
function commentedLines(
  comments: readonly { readonly text: string; readonly line: number }[],
): ReadonlySet<number> {
  return new Set(comments.flatMap(({ text, line }) => rangeOf(line, line + text.split("\n").length - 1)));
}

function rangeOf(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

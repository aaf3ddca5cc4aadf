import { parseSync, type Comment, type Program } from "oxc-parser";
import { readImport, type ImportFact } from "#test/tidy/import-facts.ts";
import { readFunction, type FunctionFact } from "#test/tidy/function-facts.ts";
import { readTest, type TestFact } from "#test/tidy/test-facts.ts";
import { readSyntax, type SyntaxFact } from "#test/tidy/syntax-facts.ts";
import { lineFinder, walk, type Node, type Place } from "#test/tidy/syntax-tree.ts";
import { readUse, type UseFact } from "#test/tidy/use-facts.ts";

/** What the rules need to know of one TypeScript file, gathered in one walk over its syntax tree. */
export interface Facts {
  readonly imports: readonly ImportFact[];
  readonly uses: readonly UseFact[];
  readonly functions: readonly FunctionFact[];
  readonly syntax: readonly SyntaxFact[];
  readonly tests: readonly TestFact[];
  readonly comments: readonly { readonly text: string; readonly line: number }[];
  /** Nothing in it but `export … from`: a barrel. */
  readonly onlyReexports: boolean;
}

export function readFacts(path: string, text: string): Facts {
  const parsed = parseSync(path, text);
  const fault = parsed.errors[0];
  if (fault !== undefined) throw new Error(`${path}: ${fault.message}`);
  const lineOf = lineFinder(text);
  const facts = {
    imports: [] as ImportFact[],
    uses: [] as UseFact[],
    functions: [] as FunctionFact[],
    syntax: [] as SyntaxFact[],
    tests: [] as TestFact[],
  };
  const visit = (place: Place) => {
    add(facts.imports, readImport(place));
    add(facts.uses, readUse(place));
    add(facts.functions, readFunction(place));
    add(facts.syntax, readSyntax(place));
    add(facts.tests, readTest(place));
  };
  const program = asNode(parsed.program);
  walk({ node: program, parent: undefined, key: "", lineOf }, visit);
  return {
    ...facts,
    comments: parsed.comments.map((comment: Comment) => ({
      text: comment.value,
      line: lineOf(comment.start),
    })),
    onlyReexports: isBarrel(parsed.program),
  };
}

function asNode(program: Program): Node {
  return program as unknown as Node; // oxc's node types have no index signature; the walk reads by key
}

function isBarrel(program: Program): boolean {
  return (
    program.body.length > 0 &&
    program.body.every(
      (statement) =>
        statement.type === "ExportAllDeclaration" ||
        (statement.type === "ExportNamedDeclaration" && statement.source !== null),
    )
  );
}

/** Most nodes give nothing; that must cost nothing, for there are hundreds of thousands. */
function add<T>(list: T[], found: T | undefined): void {
  if (found !== undefined) list.push(found);
}

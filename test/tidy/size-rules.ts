import { isProduct, type Source, type Violation } from "#test/tidy/source.ts";
import type { FunctionFact } from "#test/tidy/function-facts.ts";
import type { TestFact } from "#test/tidy/test-facts.ts";

export const maxFileLines = 600;
export const maxFunctionLines = 70;
/** A component's markup is long without being deep, and cutting it in the middle of a page helps nobody. */
export const maxComponentLines = 120;
export const maxFunctionLinesP95 = 40;
export const maxMedianFileLines = 120;

/** What is too long and stays so for now: its size today, by path or `path#function`. Sizes may only shrink. */
export type Ratchet = Readonly<Record<string, number>>;

/** No file over 600 lines. Long files are allowed to be rare, not to grow. */
export function fileSizeRule(files: readonly Source[], ratchet: Ratchet): readonly Violation[] {
  return files
    .filter(({ facts }) => facts !== undefined)
    .flatMap(({ path, lineCount }) =>
      limited({
        key: path,
        path,
        line: 1,
        lines: lineCount,
        limit: maxFileLines,
        ratchet,
        rule: "file-size",
      }),
    );
}

/** No function over 70 lines, no component over 120: beyond that nobody keeps it in their head. Groups of tests may be longer. */
export function functionSizeRule(files: readonly Source[], ratchet: Ratchet): readonly Violation[] {
  return files.flatMap(({ path, facts }) =>
    (facts?.functions ?? [])
      .filter((each) => !each.testBlock && !holdsTests(each, facts?.tests ?? []))
      .flatMap(({ name, line, lines }) =>
        limited({
          key: `${path}#${name}`,
          path,
          line,
          lines,
          limit: path.endsWith(".tsx") && /^[A-Z]/.test(name) ? maxComponentLines : maxFunctionLines,
          ratchet,
          rule: "function-size",
        }),
      ),
  );
}

/** A ratchet that nothing is at any more is loose. */
export function ratchetRule(files: readonly Source[], ratchet: Ratchet): readonly Violation[] {
  const known = new Set(
    files.flatMap(({ path, facts }) => [
      path,
      ...(facts?.functions ?? []).map(({ name }) => `${path}#${name}`),
    ]),
  );
  return Object.keys(ratchet)
    .filter((key) => !known.has(key))
    .map((key) => ({
      rule: "ratchet",
      path: "test/tidy/ratchet.ts",
      line: 1,
      message: `'${key}' is gone; take its entry out`,
    }));
}

/** The shape of the whole: half of the files within 120 lines, 95 of 100 named functions within 40. */
export function shapeRule(files: readonly Source[]): readonly Violation[] {
  const src = files.filter(
    ({ path, facts }) => facts !== undefined && path.startsWith("src/") && isProduct(path),
  );
  const median = quantile(
    src.map(({ lineCount }) => lineCount),
    0.5,
  );
  const p95 = quantile(
    src.flatMap(({ facts }) => (facts?.functions ?? []).filter(isNamed).map(({ lines }) => lines)),
    0.95,
  );
  const found = (message: string): Violation => ({ rule: "shape", path: "src", line: 1, message });
  return [
    ...(median > maxMedianFileLines
      ? [found(`the median file has ${median} lines, more than ${maxMedianFileLines}; split by concept`)]
      : []),
    ...(p95 > maxFunctionLinesP95
      ? [
          found(
            `95 % of functions take up to ${p95} lines, more than ${maxFunctionLinesP95}; take leaves out`,
          ),
        ]
      : []),
  ];
}

/** The value that the share `q` of all values does not pass (nearest rank). */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)] ?? 0;
}

/** A suite as a function, such as a conformance suite that runs on every engine. */
function holdsTests({ start, end }: FunctionFact, tests: readonly TestFact[]): boolean {
  return tests.some((test) => start < test.start && test.end < end);
}

function isNamed({ name, testBlock }: FunctionFact): boolean {
  return !testBlock && name !== "anonymous";
}

function limited(given: {
  readonly key: string;
  readonly path: string;
  readonly line: number;
  readonly lines: number;
  readonly limit: number;
  readonly ratchet: Ratchet;
  readonly rule: string;
}): readonly Violation[] {
  const { key, path, line, lines, limit, ratchet, rule } = given;
  const held = ratchet[key];
  const found = (message: string) => [{ rule, path, line, message }];
  if (held === undefined) return lines <= limit ? [] : found(`${lines} lines, more than ${limit}; split it`);
  if (lines > held) return found(`${lines} lines, was ${held}; a ratchet only shrinks`);
  if (lines <= limit) return found(`${lines} lines are within the limit; take '${key}' out of the ratchet`);
  return lines < held ? found(`${lines} lines, was ${held}; lower the ratchet to ${lines}`) : [];
}

import type { Source, Violation } from "#test/tidy/source.ts";
import type { TestFact } from "#test/tidy/test-facts.ts";

/** `only` hides every other test, a bare `skip` or `todo` hides this one for ever. */
export function modifiersRule(files: readonly Source[]): readonly Violation[] {
  return files.flatMap(({ path, facts }) =>
    (facts?.tests ?? [])
      .filter(({ modifier }) => modifier !== undefined)
      .map(({ line, modifier }) => ({
        rule: "test-modifiers",
        path,
        line,
        message:
          modifier === "only"
            ? "no `only`; run one test with --test-name-pattern"
            : `no bare \`${modifier}\`; skip by a condition with the missing program's name`,
      })),
  );
}

/** A failing test is found by its name, so no two have the same: with the groups around it, in the whole tree. */
export function testNamesRule(files: readonly Source[]): readonly Violation[] {
  const first = new Map<string, string>();
  return files.flatMap(({ path, facts }) => {
    const tests = facts?.tests ?? [];
    return tests
      .filter(({ group, title }) => !group && title !== undefined)
      .flatMap((test) => {
        const name = fullName(test, tests);
        const place = first.get(name);
        if (place === undefined) {
          first.set(name, `${path}:${test.line}`);
          return [];
        }
        const message = `a test of this name stands at ${place}; say what is different here`;
        return [{ rule: "test-names", path, line: test.line, message }];
      });
  });
}

function fullName(test: TestFact, all: readonly TestFact[]): string {
  const around = all.filter((each) => each.group && each.start < test.start && test.end <= each.end);
  return [...around, test].map((each) => each.title ?? `computed at ${each.start}`).join(" › ");
}

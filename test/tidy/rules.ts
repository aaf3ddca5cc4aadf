import { bannedCallsRule } from "#test/tidy/banned-calls.ts";
import { browserRule } from "#test/tidy/browser-rule.ts";
import { deadFilesRule } from "#test/tidy/dead-files.ts";
import { importTableRule } from "#test/tidy/import-table.ts";
import { ratchet } from "#test/tidy/ratchet.ts";
import { fileSizeRule, functionSizeRule, ratchetRule, shapeRule } from "#test/tidy/size-rules.ts";
import type { Rule } from "#test/tidy/source.ts";
import { assertionsRule, barrelsRule, syntaxRule } from "#test/tidy/syntax-rules.ts";
import { modifiersRule, testNamesRule } from "#test/tidy/test-rules.ts";
import {
  fileNamesRule,
  hostNamesRule,
  linksRule,
  machinePathsRule,
  todoRule,
} from "#test/tidy/text-rules.ts";

/** Every rule, by the sentence that it keeps. */
export const rules: Readonly<Record<string, Rule>> = {
  "folders import only what the import table allows": importTableRule,
  "what the browser loads needs no Node": browserRule,
  "time, chance and the machine are reached only through ports": bannedCallsRule,
  "every TODO names its issue": todoRule,
  "only syntax that Node strips, and no default exports": syntaxRule,
  "every assertion of a type has its reason beside it": assertionsRule,
  "there are no barrels": barrelsRule,
  "no test is hidden by only, skip or todo": modifiersRule,
  "no two tests have the same name": testNamesRule,
  "file names are kebab-case": fileNamesRule,
  "no file is longer than 600 lines": (files) => fileSizeRule(files, ratchet),
  "no function is longer than 70 lines, no component than 120": (files) => functionSizeRule(files, ratchet),
  "no ratchet is held by something that is gone": (files) => ratchetRule(files, ratchet),
  "half of the files fit on a screen or two, and most functions on half of one": shapeRule,
  "every file of the product is reached from an entry": deadFilesRule,
  "every link between documents leads somewhere": linksRule,
  "no package registry is named": hostNamesRule,
  "no path of one machine is written down": machinePathsRule,
};

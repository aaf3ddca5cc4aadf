import { createContext, Script } from "node:vm";
import { wholePattern, type Matcher } from "#api/setting-value.ts";

/** Of one value. Together with `maxTries` what a reader of a project can make control do with one request. */
const budgetMs = 50;
/** Patterns of one spec; each costs about 0.1 ms. */
const maxTries = 500;

/** Has nothing but these two: the pattern and the text are data in it, never code. */
const tried: { expression: RegExp; text: string } = { expression: /x/, text: "" };
const context = createContext(tried);
const script = new Script("expression.test(text)");

/**
 * Tries patterns of packages. A pattern with nested repeats takes longer than the age of the universe for 60 characters, and everything
 * in this process would wait for it; so V8 is told to give up after a while, and then no further one is tried.
 */
export function boundedMatcher(): Matcher {
  let left = maxTries;
  return (pattern, text) => {
    if (left === 0) return undefined;
    left -= 1;
    try {
      tried.expression = wholePattern(pattern);
    } catch {
      return true; // a pattern that is none limits nothing; the upload refuses it
    }
    tried.text = text;
    try {
      return script.runInContext(context, { timeout: budgetMs }) === true;
    } catch {
      left = 0;
      return undefined;
    } finally {
      tried.text = "";
    }
  };
}

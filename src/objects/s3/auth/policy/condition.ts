import { inRange, parseRange } from "./address-range.ts";
import { matchesWildcard } from "./wildcard.ts";

/** One operator over one key of the request, such as `IpAddress` over `aws:SourceIp`. */
export interface Condition {
  /** Without `IfExists`. */
  readonly operator: string;
  readonly ifExists: boolean;
  /** In lower case up to a tag's name. */
  readonly key: string;
  readonly values: readonly string[];
}

/** A fact of the request; `undefined` is absent, `unknown` cannot be known here: then an Allow does not count and a Deny does. */
export type Fact = string | undefined | typeof unknown;
export const unknown = Symbol("unknown");

interface Operator {
  readonly valid: (value: string) => boolean;
  readonly matches: (fact: string, value: string) => boolean;
  /** Holds when no value matches, and when the key is absent. */
  readonly negated: boolean;
}

const anything = (): boolean => true;
const isNumber = (value: string): boolean => /^-?\d{1,15}(\.\d{1,9})?$/.test(value);
const isFlag = (value: string): boolean => value === "true" || value === "false";
const isDate = (value: string): boolean => !Number.isNaN(instant(value));

const operators: ReadonlyMap<string, Operator> = new Map([
  ...pair("StringEquals", "StringNotEquals", anything, (fact, value) => fact === value),
  ...pair(
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    anything,
    (fact, value) => fact.toLowerCase() === value.toLowerCase(),
  ),
  ...pair("StringLike", "StringNotLike", anything, (fact, value) => matchesWildcard(value, fact)),
  ...pair("IpAddress", "NotIpAddress", (value) => parseRange(value) !== undefined, inSomeRange),
  ["Bool", { valid: isFlag, matches: (fact, value) => fact === value, negated: false }],
  ["Null", { valid: isFlag, matches: () => false, negated: false }],
  ...comparisons("Numeric", isNumber, Number),
  ...comparisons("Date", isDate, instant),
]);

/** Whether the operator is known and can be used with the value; conditions are checked by this when the policy is put. */
export function isOperator(operator: string): boolean {
  return operators.has(operator);
}

export function isValueOf(operator: string, value: string): boolean {
  return operators.get(operator)?.valid(value) ?? false;
}

export function holds(condition: Condition, fact: Fact): boolean | typeof unknown {
  if (fact === unknown) return unknown;
  if (condition.operator === "Null") return condition.values.includes(String(fact === undefined));
  const operator = operators.get(condition.operator);
  if (operator === undefined) return unknown;
  if (fact === undefined) return condition.ifExists || operator.negated;
  return condition.values.some((value) => operator.matches(fact, value)) !== operator.negated;
}

function pair(
  positive: string,
  negative: string,
  valid: Operator["valid"],
  matches: Operator["matches"],
): readonly (readonly [string, Operator])[] {
  return [
    [positive, { valid, matches, negated: false }],
    [negative, { valid, matches, negated: true }],
  ];
}

function comparisons(
  kind: "Numeric" | "Date",
  valid: Operator["valid"],
  read: (text: string) => number,
): readonly (readonly [string, Operator])[] {
  const compare = (holdsFor: (fact: number, value: number) => boolean): Operator => ({
    valid,
    matches: (fact, value) => valid(fact) && holdsFor(read(fact), read(value)),
    negated: false,
  });
  return [
    ...pair(`${kind}Equals`, `${kind}NotEquals`, valid, (fact, value) => read(fact) === read(value)),
    [`${kind}LessThan`, compare((fact, value) => fact < value)],
    [`${kind}LessThanEquals`, compare((fact, value) => fact <= value)],
    [`${kind}GreaterThan`, compare((fact, value) => fact > value)],
    [`${kind}GreaterThanEquals`, compare((fact, value) => fact >= value)],
  ];
}

/** ISO 8601, or seconds since 1970. */
function instant(text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text) * 1000;
  return /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
}

function inSomeRange(fact: string, value: string): boolean {
  const range = parseRange(value);
  return range !== undefined && inRange(fact, range);
}

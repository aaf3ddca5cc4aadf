import type { SettingValue } from "#api/kinds/app.ts";
import type { Setting } from "#api/manifest.ts";

/** Whether a text matches a pattern as a whole; undefined when that took too long to be found out. */
export type Matcher = (pattern: string, text: string) => boolean | undefined;

/**
 * What is wrong with a value that a user gave to a setting, or gave none; the server and every form ask this. `matches`: how patterns
 * are tried, which are the package's.
 */
export function settingProblem(
  setting: Setting,
  value: SettingValue | undefined,
  matches: Matcher = matchesWhole,
): string | undefined {
  if (value === undefined) {
    const isSupplied = setting.default !== undefined || (setting.secret && setting.generate !== undefined);
    return setting.required && !isSupplied ? "is required" : undefined;
  }
  if (typeof value === "object") return setting.secret ? undefined : "is not a secret: give the value itself";
  if (setting.secret)
    return 'is kept as a secret: store the value (`vdc secret set`) and give { "secret": NAME }';
  return checkValue(setting, value, matches);
}

/** Also for values that come from a secret. */
export function checkValue(
  setting: Setting,
  value: string | number | boolean,
  matches: Matcher = matchesWhole,
): string | undefined {
  switch (setting.type) {
    case "boolean":
      return typeof value === "boolean" ? undefined : "must be true or false";
    case "integer":
    case "number":
      return checkNumber(setting, value);
    default:
      return typeof value === "string" ? checkText(setting, value, matches) : "must be a text";
  }
}

function checkNumber(
  { type, minimum, maximum }: Setting,
  value: string | number | boolean,
): string | undefined {
  if (typeof value !== "number" || !Number.isFinite(value)) return "must be a number";
  if (type === "integer" && !Number.isSafeInteger(value)) return "must be a whole number";
  if (minimum !== undefined && value < minimum) return `must be at least ${minimum}`;
  return maximum !== undefined && value > maximum ? `must be at most ${maximum}` : undefined;
}

function checkText(setting: Setting, value: string, matches: Matcher): string | undefined {
  const { minLength, maxLength, pattern, choices } = setting;
  // An environment cannot hold it, and neither can any line of text.
  if (value.includes("\0")) return "must not hold a zero byte";
  if (setting.type !== "text" && /[\r\n]/.test(value)) return "must be one line";
  if (minLength !== undefined && value.length < minLength)
    return `must have at least ${minLength} characters`;
  if (maxLength !== undefined && value.length > maxLength) return `must have at most ${maxLength} characters`;
  if (setting.type === "enum" && !(choices ?? []).some((choice) => choice.value === value))
    return `must be one of ${(choices ?? []).map((choice) => choice.value).join(", ")}`;
  const form = forms[setting.type];
  if (form !== undefined && !form.test(value)) return `must be ${form.what}`;
  if (pattern === undefined) return undefined;
  const isMatch = matches(pattern, value);
  if (isMatch === undefined)
    return `cannot be checked: the package's pattern ${pattern} takes too long for this value`;
  return isMatch ? undefined : `must match ${pattern}`;
}

interface Form {
  readonly what: string;
  readonly test: (value: string) => boolean;
}
const forms: Partial<Record<Setting["type"], Form>> = {
  email: { what: "an e-mail address", test: (value) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value) },
  url: { what: "a URL with http or https", test: (value) => /^https?:$/.test(protocolOf(value)) },
  host: {
    what: "a host name",
    test: (value) =>
      /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i.test(value),
  },
};

function protocolOf(value: string): string {
  return URL.canParse(value) ? new URL(value).protocol : "";
}

/** For forms: a pattern that never ends stops the page of whoever fills it in, and nobody else. */
function matchesWhole(pattern: string, value: string): boolean {
  try {
    return wholePattern(pattern).test(value);
  } catch {
    return true; // a pattern that is none limits nothing; the package's author sees it at build time
  }
}

/** Throws when it is no regular expression. */
export function wholePattern(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, "u");
}

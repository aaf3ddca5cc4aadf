import type { SettingValue } from "#api/kinds/app.ts";
import type { Setting } from "#api/manifest.ts";

/** What is wrong with a value that a user gave to a setting, or gave none; the server and every form ask this. */
export function settingProblem(setting: Setting, value: SettingValue | undefined): string | undefined {
  if (value === undefined) {
    const isSupplied = setting.default !== undefined || (setting.secret && setting.generate !== undefined);
    return setting.required && !isSupplied ? "is required" : undefined;
  }
  if (typeof value === "object") return setting.secret ? undefined : "is not a secret: give the value itself";
  if (setting.secret)
    return 'is kept as a secret: store the value (`vdc secret set`) and give { "secret": NAME }';
  return checkValue(setting, value);
}

/** Also for values that come from a secret. */
export function checkValue(setting: Setting, value: string | number | boolean): string | undefined {
  switch (setting.type) {
    case "boolean":
      return typeof value === "boolean" ? undefined : "must be true or false";
    case "integer":
    case "number":
      return checkNumber(setting, value);
    default:
      return typeof value === "string" ? checkText(setting, value) : "must be a text";
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

function checkText(setting: Setting, value: string): string | undefined {
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
  if (pattern !== undefined && !matchesWhole(pattern, value)) return `must match ${pattern}`;
  return undefined;
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

/**
 * The pattern is the package's: it was compiled when the package was verified. A value is at most 8 KiB, which bounds a hostile
 * pattern's work only for patterns without nested repeats; packages are installed by admins, and signed.
 */
function matchesWhole(pattern: string, value: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`, "u").test(value);
  } catch {
    return true; // a pattern that is none limits nothing; the package's author sees it at build time
  }
}

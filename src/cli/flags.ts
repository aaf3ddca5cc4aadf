import { UsageError } from "#cli/usage-error.ts";

/** The options of one call, read by name and type: commander's own values are untyped. */
export class Flags {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === "string" ? value : undefined;
  }

  list(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.map(String) : [];
  }

  /** A whole number from `min` up. */
  whole(name: string, min: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= min) return value;
    throw new UsageError(`--${dashed(name)} takes a whole number from ${min} up, not '${text.slice(0, 40)}'`);
  }

  /** `90s`, `5m`, `2h`, `30d`; milliseconds. */
  durationMs(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text);
    const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match?.[2] ?? ""];
    if (match?.[1] !== undefined && unit !== undefined) return Number(match[1]) * unit;
    throw new UsageError(
      `--${dashed(name)} takes a duration such as 90s, 5m, 2h or 30d, not '${text.slice(0, 40)}'`,
    );
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const found = allowed.find((one) => one === text);
    if (found !== undefined) return found;
    throw new UsageError(`--${dashed(name)} takes one of ${allowed.join(", ")}, not '${text.slice(0, 40)}'`);
  }
}

function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

import { VdcError, type FieldError } from "#api/errors.ts";
import type { Json } from "#lib/json.ts";

const maxProblems = 50;

/** Collects everything that is wrong with one file, so that its author sees it at once. */
export class Problems {
  readonly #fields: FieldError[] = [];

  add(path: string, message: string): undefined {
    if (this.#fields.length < maxProblems) this.#fields.push({ path, message });
    return undefined;
  }

  get any(): boolean {
    return this.#fields.length > 0;
  }

  /** Throws `invalid` that names every wrong field. */
  throwIfAny(what: string): void {
    const [first] = this.#fields;
    if (first === undefined) return;
    const more = this.#fields.length > 1 ? ` (and ${this.#fields.length - 1} more)` : "";
    throw new VdcError("invalid", `${what} cannot be used: ${first.path}: ${first.message}${more}.`, {
      fields: this.#fields,
    });
  }
}

/** A place in a Compose file, with what is written there. */
export class Place {
  readonly path: string;
  readonly value: Json;
  readonly problems: Problems;

  constructor(path: string, value: Json, problems: Problems) {
    this.path = path;
    this.value = value;
    this.problems = problems;
  }

  at(key: string | number, value: Json): Place {
    const path = typeof key === "number" ? `${this.path}[${key}]` : `${this.path}.${key}`;
    return new Place(path, value, this.problems);
  }

  wrong(message: string): undefined {
    return this.problems.add(this.path, message);
  }
}

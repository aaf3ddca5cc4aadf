import { VdcError } from "#api/errors.ts";
import type { Resource } from "#api/resource.ts";
import { isJsonObject, ownMember, type Json } from "#lib/json.ts";

/** One requirement on a label or on a field; all of a selector's must hold. */
export type Requirement =
  | {
      readonly on: "label" | "field";
      readonly key: string;
      readonly op: "in" | "notin";
      readonly values: readonly string[];
    }
  | { readonly on: "label"; readonly key: string; readonly op: "exists" | "absent" };

export type Selector = readonly Requirement[];

const maxRequirements = 32;
const labelKey = /^[A-Za-z0-9]([A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?$/;
/** What a label's value may be (`labelsSchema`); a requirement on another value could never hold. */
const labelValue = /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;
const maxFieldValueCharacters = 1_000;
/** Characters of a refused part that the error repeats. */
const maxRepeated = 80;
const fieldPath = /^(name|id|project|deletingSince|(spec|status)(\.[A-Za-z0-9_-]{1,63}){1,8})$/;

/** Kubernetes' label selector language: `a=b,c!=d,e in (f,g),h notin (i),j,!k`. */
export function parseLabelSelector(text: string): Selector {
  return parseSelector(text, "label");
}

/** `spec.title=Shop,status.phase!=deleting`: equality on a field's text; an absent field equals nothing. */
export function parseFieldSelector(text: string): Selector {
  return parseSelector(text, "field");
}

export function matchesSelector(resource: Resource, selector: Selector): boolean {
  return selector.every((requirement) => {
    const value =
      requirement.on === "label"
        ? ownMember(resource.labels, requirement.key)
        : fieldText(resource, requirement.key);
    switch (requirement.op) {
      case "exists":
        return value !== undefined;
      case "absent":
        return value === undefined;
      case "in":
        return value !== undefined && requirement.values.includes(value);
      case "notin":
        return value === undefined || !requirement.values.includes(value);
    }
  });
}

/** The text of a field as selectors compare it; objects, lists and null have none. */
export function fieldText(resource: Resource, path: string): string | undefined {
  const value = fieldValue(resource, path);
  return value === undefined || value === null || typeof value === "object" ? undefined : String(value);
}

/** The value at `spec.quotas.instances`, or undefined. */
export function fieldValue(resource: Resource, path: string): Json | undefined {
  // A resource is plain JSON; its interface only adds names to the members.
  let value: Json | undefined = resource as unknown as Json;
  for (const segment of path.split(".")) {
    if (!isJsonObject(value)) return undefined;
    value = ownMember(value, segment);
  }
  return value;
}

function parseSelector(text: string, on: "label" | "field"): Selector {
  const parts = splitOutsideBrackets(text).filter((part) => part !== "");
  if (parts.length > maxRequirements) throw bad(on, `at most ${maxRequirements} requirements`);
  return parts.map((part) => parseRequirement(part, on));
}

function parseRequirement(part: string, on: "label" | "field"): Requirement {
  const set = /^(\S+)\s+(in|notin)\s+\(([^()]*)\)$/.exec(part);
  const equal = /^([^=!\s]+)\s*(==?|!=)\s*(.*)$/s.exec(part);
  if (set?.[1] !== undefined && on === "label") {
    const values = (set[3] ?? "").split(",").map((value) => checkedValue(value.trim(), part, on));
    return { on, key: checkedKey(set[1], on), op: set[2] === "in" ? "in" : "notin", values };
  }
  if (equal?.[1] !== undefined) {
    return {
      on,
      key: checkedKey(equal[1], on),
      op: equal[2] === "!=" ? "notin" : "in",
      values: [checkedValue(equal[3] ?? "", part, on)],
    };
  }
  if (on === "label" && part.startsWith("!"))
    return { on, key: checkedKey(part.slice(1).trim(), on), op: "absent" };
  if (on === "label") return { on, key: checkedKey(part, on), op: "exists" };
  throw bad(on, `${repeated(part)} is not 'path=value' or 'path!=value'`);
}

function checkedKey(key: string, on: "label" | "field"): string {
  if ((on === "label" ? labelKey : fieldPath).test(key)) return key;
  throw bad(
    on,
    on === "label"
      ? `${repeated(key)} is not a label's key`
      : `${repeated(key)} is not name, id, project, deletingSince, spec.… or status.…`,
  );
}

function checkedValue(value: string, part: string, on: "label" | "field"): string {
  if (on === "label") {
    if (labelValue.test(value)) return value;
    const rule = "a label's value is at most 63 of A-Z, a-z, 0-9, '.', '_' and '-'";
    throw bad(on, `in ${repeated(part)}: ${repeated(value)} is not a label's value; ${rule}`);
  }
  if (value.length > maxFieldValueCharacters)
    throw bad(on, `in ${repeated(part)}: a value has at most ${maxFieldValueCharacters} characters`);
  if (/\p{Cc}/u.test(value)) throw bad(on, `in ${repeated(part)}: a value holds no control characters`);
  return value;
}

/** Foreign text for an error: clipped, and without what a terminal would obey. */
function repeated(text: string): string {
  const clipped = text.length > maxRepeated ? `${text.slice(0, maxRepeated)}…` : text;
  return `'${clipped.replaceAll(/\p{Cc}/gu, "\u{FFFD}")}'`;
}

function splitOutsideBrackets(text: string): string[] {
  return text.split(/,(?![^(]*\))/).map((part) => part.trim());
}

function bad(on: "label" | "field", message: string): VdcError {
  return new VdcError("invalid", `The ${on} selector cannot be read.`, {
    fields: [{ path: `${on}Selector`, message }],
  });
}

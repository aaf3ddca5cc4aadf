import { z } from "zod";
import { VdcError, type FieldError } from "#api/errors.ts";
import type { KindDefinition } from "#api/kind.ts";
import type { KindRegistry } from "#api/kinds.ts";
import { labelsSchema, nameSchema } from "#api/names.ts";
import { keyText, type ResourceKey } from "#api/resource.ts";
import { parseInput } from "#api/validate.ts";
import { readYaml, type Source, type YamlValue } from "#cli/input/yaml.ts";
import { isJsonObject, type JsonObject } from "#lib/json.ts";
import { nearest } from "#lib/nearest.ts";

/** At most this many documents in one call. */
export const maxDocuments = 10_000;

/** A document that passed the kind's schema. */
export interface WantedResource {
  readonly kind: KindDefinition;
  readonly key: ResourceKey;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: JsonObject;
  /** `shop.yaml:3`. */
  readonly origin: string;
}

/** What the server writes and `vdc get --yaml` shows: taken and ignored, so that its output can be applied again. */
const observed = {
  id: z.unknown(),
  generation: z.unknown(),
  revision: z.unknown(),
  owner: z.unknown(),
  status: z.unknown(),
  createdAt: z.unknown(),
  updatedAt: z.unknown(),
  deletingSince: z.unknown(),
};

function documentSchema(kind: KindDefinition, withSpec: boolean) {
  return z.strictObject({
    kind: z.string(),
    ...(kind.scope === "project" ? { project: nameSchema } : {}),
    name: nameSchema,
    labels: labelsSchema.default({}),
    spec: withSpec ? kind.spec : z.unknown(),
    ...z.object(observed).partial().shape,
  });
}

/**
 * Reads all documents and checks every one before anything is sent. Throws one `invalid` that names every wrong
 * field with its file and line. `for: "delete"` needs names only.
 */
export async function readDocuments(
  sources: readonly Source[],
  options: {
    readonly kinds: KindRegistry;
    readonly project: string | undefined;
    readonly for: "apply" | "delete";
  },
): Promise<readonly WantedResource[]> {
  const wrong: FieldError[] = [];
  const wanted: WantedResource[] = [];
  for (const source of sources) {
    for (const value of await readYaml(source)) {
      if (wanted.length + wrong.length > maxDocuments)
        throw new VdcError("too-large", `More than ${maxDocuments} documents in one call.`);
      try {
        wanted.push(readDocument(value, options));
      } catch (error) {
        if (!(error instanceof VdcError)) throw error;
        wrong.push(...placed(error, value));
      }
    }
  }
  wrong.push(...namedTwice(wanted));
  if (wrong.length > 0) throw refusal(wrong);
  if (wanted.length === 0) throw new VdcError("invalid", "There are no documents in what was given.");
  return wanted;
}

/** Projects come before what lives in them; otherwise the order of the documents stays. */
export function inCreationOrder(wanted: readonly WantedResource[]): readonly WantedResource[] {
  const rank = (one: WantedResource) => (one.kind.scope === "center" ? 0 : 1);
  return wanted.toSorted((a, b) => rank(a) - rank(b));
}

function readDocument(
  value: YamlValue,
  options: {
    readonly kinds: KindRegistry;
    readonly project: string | undefined;
    readonly for: "apply" | "delete";
  },
): WantedResource {
  const given = value.value;
  if (!isJsonObject(given)) throw fault("", "a document is a mapping with kind, name and spec");
  const kind = kindOf(given, options.kinds);
  const inProject =
    kind.scope === "project" && given["project"] === undefined && options.project !== undefined;
  const whole = {
    ...given,
    ...(inProject ? { project: options.project } : {}),
    ...(given["spec"] === undefined ? { spec: {} } : {}),
  };
  const parsed = parseInput(documentSchema(kind, options.for === "apply"), whole, "The document");
  const project = kind.scope === "project" ? String(whole.project) : undefined; // a name, by the schema above
  const key = { kind: kind.kind, ...(project === undefined ? {} : { project }), name: parsed.name };
  return {
    kind,
    key,
    labels: parsed.labels,
    // What was written, not what the schema made of it: the server puts the defaults in.
    spec: isJsonObject(whole.spec) ? whole.spec : {},
    origin: value.place([]),
  };
}

function kindOf(given: JsonObject, kinds: KindRegistry): KindDefinition {
  const word = given["kind"];
  if (typeof word !== "string") throw fault("kind", "missing: every document names its kind");
  const kind = kinds.get(word);
  if (kind !== undefined) return kind;
  const meant = nearest(word, [...kinds.keys()]);
  const known = [...kinds.keys()].join(", ");
  throw fault(
    "kind",
    `no kind is called '${word.slice(0, 63)}'; ${meant === undefined ? `known are ${known}` : `did you mean '${meant}'?`}`,
  );
}

function placed(error: VdcError, value: YamlValue): readonly FieldError[] {
  return error.fields.map((field) => {
    const place = value.place(segmentsOf(field.path));
    return { path: field.path === "" ? place : `${place}: ${field.path}`, message: field.message };
  });
}

/** `spec.members[0].role` as keys; a key with a dot in it leads to its parent, which is near enough for a line. */
function segmentsOf(path: string): readonly (string | number)[] {
  return [...path.matchAll(/[^.[\]]+|\[(\d+)\]/g)].map((match) =>
    match[1] === undefined ? match[0] : Number(match[1]),
  );
}

function namedTwice(wanted: readonly WantedResource[]): readonly FieldError[] {
  const first = new Map<string, WantedResource>();
  return wanted.flatMap((one) => {
    const text = keyText(one.key);
    const before = first.get(text);
    first.set(text, one);
    return before === undefined
      ? []
      : [{ path: `${one.origin}: name`, message: `${text} is in ${before.origin} too` }];
  });
}

function refusal(wrong: readonly FieldError[]): VdcError {
  const count = wrong.length === 1 ? "a field is" : `${wrong.length} fields are`;
  return new VdcError("invalid", `The documents cannot be applied: ${count} wrong.`, {
    fields: wrong.slice(0, 50),
  });
}

function fault(path: string, message: string): VdcError {
  return new VdcError("invalid", "The document is not valid.", { fields: [{ path, message }] });
}

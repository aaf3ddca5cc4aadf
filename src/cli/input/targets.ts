import type { KindDefinition } from "#api/kind.ts";
import type { KindRegistry } from "#api/kinds.ts";
import type { ResourceKey } from "#api/resource.ts";
import { UsageError } from "#cli/usage-error.ts";
import { nearest } from "#lib/nearest.ts";

/** Things that have commands of their own and are no resources. */
const ownCommands: Readonly<Record<string, string>> = {
  event: "vdc events",
  events: "vdc events",
  operation: "vdc operations",
  operations: "vdc operations",
  op: "vdc operations",
  user: "vdc user list",
  users: "vdc user list",
  token: "vdc token list",
  tokens: "vdc token list",
  audit: "vdc audit",
  context: "vdc context list",
  contexts: "vdc context list",
};

/** The kind that a word names: its singular, plural or short name. */
export function resolveKind(kinds: KindRegistry, word: string): KindDefinition {
  const wanted = word.toLowerCase();
  const all = [...kinds.values()];
  const found = all.find(
    (kind) => kind.kind === wanted || kind.plural === wanted || kind.shortNames.includes(wanted),
  );
  if (found !== undefined) return found;
  const own = ownCommands[wanted];
  if (own !== undefined) throw new UsageError(`'${word}' is not a kind of resource`, `use \`${own}\``);
  const meant = nearest(
    word,
    all.flatMap((kind) => [kind.kind, kind.plural, ...kind.shortNames]),
  );
  throw new UsageError(
    `no kind is called '${word.slice(0, 63)}'`,
    meant === undefined
      ? `kinds are: ${all.map((kind) => kind.plural).join(", ")}`
      : `did you mean '${meant}'?`,
  );
}

/** `project shop other`, `project/shop`, `widget/shop/lamp`: a kind and the resources of it that are meant. */
export function resolveTargets(
  kinds: KindRegistry,
  words: readonly string[],
  project: string | undefined,
): { readonly kind: KindDefinition; readonly keys: readonly ResourceKey[] } {
  const [first, ...rest] = words;
  if (first === undefined) throw new UsageError("a kind is missing", `kinds are: ${pluralsOf(kinds)}`);
  if (!first.includes("/")) {
    const kind = resolveKind(kinds, first);
    return { kind, keys: rest.map((name) => keyOf(kind, name, project)) };
  }
  const targets = words.map((word) => resolveTarget(kinds, word, project));
  const kind = targets[0]?.kind;
  if (kind === undefined || targets.some((target) => target.kind !== kind))
    throw new UsageError("all of the resources must be of one kind", "call it once for each kind");
  return { kind, keys: targets.map((target) => target.key) };
}

/** `project/shop` or `widget/shop/lamp`; `widget/lamp` takes its project from `-p`. */
export function resolveTarget(
  kinds: KindRegistry,
  word: string,
  project: string | undefined,
): { readonly kind: KindDefinition; readonly key: ResourceKey } {
  const [kindWord = "", ...names] = word.split("/");
  const kind = resolveKind(kinds, kindWord);
  const [first, second] = names;
  if (names.length === 1 && first !== undefined && first !== "")
    return { kind, key: keyOf(kind, first, project) };
  if (names.length === 2 && second !== undefined && second !== "" && kind.scope === "project")
    return { kind, key: keyOf(kind, second, first) };
  const form = kind.scope === "project" ? `${kind.kind}/PROJECT/NAME` : `${kind.kind}/NAME`;
  throw new UsageError(`'${word.slice(0, 100)}' does not name a resource`, `write ${form}`);
}

/** Where things of projects are looked for when none is named: a new data center has it. */
export const defaultProject = "default";

/** The project of a kind's resources, the default one when none is named; undefined for kinds of the whole data center. */
export function projectFor(kind: KindDefinition, project: string | undefined): string | undefined {
  if (kind.scope === "center") return undefined;
  return project === undefined || project === "" ? defaultProject : project;
}

function keyOf(kind: KindDefinition, name: string, project: string | undefined): ResourceKey {
  const home = projectFor(kind, project);
  return home === undefined ? { kind: kind.kind, name } : { kind: kind.kind, project: home, name };
}

function pluralsOf(kinds: KindRegistry): string {
  return [...kinds.values()].map((kind) => kind.plural).join(", ");
}

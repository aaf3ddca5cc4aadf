import type { KindDefinition } from "#api/kind.ts";
import { machineKind } from "#api/kinds/machine.ts";
import { projectKind } from "#api/kinds/project.ts";

/** Kinds by name. The product's list is `kinds`; tests register one of their own beside it. */
export type KindRegistry = ReadonlyMap<string, KindDefinition>;

export function kindRegistry(definitions: readonly KindDefinition[]): KindRegistry {
  return new Map(definitions.map((definition) => [definition.kind, definition]));
}

export const kinds: KindRegistry = kindRegistry([projectKind, machineKind]);

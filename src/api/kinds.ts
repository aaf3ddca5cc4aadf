import type { KindDefinition } from "#api/kind.ts";
import { appKind } from "#api/kinds/app.ts";
import { bucketKind } from "#api/kinds/bucket.ts";
import { certificateKind } from "#api/kinds/certificate.ts";
import { driveKind } from "#api/kinds/drive.ts";
import { instanceKind } from "#api/kinds/instance.ts";
import { keyKind } from "#api/kinds/key.ts";
import { machineKind } from "#api/kinds/machine.ts";
import { packageKind } from "#api/kinds/package.ts";
import { planKind } from "#api/kinds/plan.ts";
import { projectKind } from "#api/kinds/project.ts";
import { releaseKind } from "#api/kinds/release.ts";
import { routeKind } from "#api/kinds/route.ts";
import { subscriptionKind } from "#api/kinds/subscription.ts";
import { secretKind } from "#api/kinds/secret.ts";
import { volumeKind } from "#api/kinds/volume.ts";

/** Kinds by name. The product's list is `kinds`; tests register one of their own beside it. */
export type KindRegistry = ReadonlyMap<string, KindDefinition>;

export function kindRegistry(definitions: readonly KindDefinition[]): KindRegistry {
  return new Map(definitions.map((definition) => [definition.kind, definition]));
}

export const kinds: KindRegistry = kindRegistry([
  projectKind,
  machineKind,
  packageKind,
  appKind,
  releaseKind,
  instanceKind,
  routeKind,
  certificateKind,
  secretKind,
  volumeKind,
  bucketKind,
  keyKind,
  driveKind,
  subscriptionKind,
  planKind,
]);

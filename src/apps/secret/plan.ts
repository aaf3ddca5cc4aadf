import type { SecretStatus } from "#api/kinds/secret.ts";
import { canonicalJson } from "#lib/json.ts";
import type { Secret } from "../observed.ts";

/** What a pass knows of the secrets of one project. */
export interface SecretsObserved {
  readonly project: string;
  readonly secrets: readonly Secret[];
  /** Names of apps by secret. */
  readonly usedBy: ReadonlyMap<string, readonly string[]>;
  /** Versions that a release names, by secret. */
  readonly namedVersions: ReadonlyMap<string, ReadonlySet<number>>;
  /** The newest version that is kept, by secret. */
  readonly newest: ReadonlyMap<string, { readonly version: number; readonly createdAt: string }>;
  /** Secrets with more versions than are kept for nothing. */
  readonly crowded: ReadonlySet<string>;
}

export type SecretAction =
  | { readonly do: "write-status"; readonly secret: Secret; readonly status: SecretStatus }
  | { readonly do: "prune"; readonly secret: Secret; readonly used: ReadonlySet<number> }
  | { readonly do: "remove"; readonly secret: Secret };

/** A secret's status is true; one that is deleted goes with all its values, but never under an app that uses it. Pure. */
export function planSecrets(observed: SecretsObserved): readonly SecretAction[] {
  return observed.secrets.flatMap((secret): readonly SecretAction[] => {
    const usedBy = [...(observed.usedBy.get(secret.name) ?? [])];
    if (secret.deletingSince !== undefined && usedBy.length === 0) return [{ do: "remove", secret }];
    const newest = observed.newest.get(secret.name);
    const status: SecretStatus = {
      ...(newest === undefined ? {} : { version: newest.version, setAt: newest.createdAt }),
      usedBy,
    };
    const isTrue = canonicalJson(status) === canonicalJson(secret.status);
    const used = observed.namedVersions.get(secret.name) ?? new Set();
    return [
      ...(isTrue ? [] : [{ do: "write-status", secret, status } as const]),
      ...(observed.crowded.has(secret.name) ? [{ do: "prune", secret, used } as const] : []),
    ];
  });
}

import type { KeyStatus } from "#api/kinds/key.ts";
import { secretLabel } from "#api/objects.ts";
import { isoTime } from "#lib/clock.ts";
import { canonicalJson } from "#lib/json.ts";
import type { AccessKeyRecord } from "../../records.ts";
import { absentReason, systemOwner, type Key } from "../ports.ts";
import { rightsOf } from "./credentials.ts";

/** What a pass knows of the keys of one project. */
export interface KeysObserved {
  readonly project: string;
  /** Whether the project is there; credentials do not outlive it. */
  readonly projectStands: boolean;
  /** Read before `keys`: credentials whose key is not among them belong to a key that is gone. Absent without an object store. */
  readonly credentials?: readonly AccessKeyRecord[];
  readonly keys: readonly Key[];
  /** By name of a key that names a secret: the access key id that the secret holds. */
  readonly secretHolds: ReadonlyMap<string, string>;
}

export type KeyAction =
  | { readonly do: "revoke"; readonly credentials: AccessKeyRecord }
  /** The same pair with other rights. */
  | { readonly do: "put"; readonly credentials: AccessKeyRecord }
  /** A new pair into the secret that the key names. */
  | {
      readonly do: "issue";
      readonly key: Key;
      readonly secret: string;
      readonly replaces: readonly AccessKeyRecord[];
    }
  | { readonly do: "write-status"; readonly key: Key; readonly status: KeyStatus }
  | { readonly do: "finalize"; readonly key: Key };

/** Credentials live and die with their key, and may do what it says now. Pure. */
export function planKeys(observed: KeysObserved, now: number): readonly KeyAction[] {
  const { credentials, keys, projectStands } = observed;
  if (credentials === undefined) return keys.flatMap(withoutStore);
  const living = new Set(keys.map(({ id }): string => id));
  const orphans = credentials.filter(({ owner }) =>
    owner === systemOwner ? !projectStands : !living.has(owner),
  );
  return [
    ...orphans.map((one): KeyAction => ({ do: "revoke", credentials: one })),
    ...keys.flatMap((key) =>
      planKey(
        key,
        credentials.filter(({ owner }) => owner === key.id),
        observed.secretHolds.get(key.name),
        now,
      ),
    ),
  ];
}

function planKey(
  key: Key,
  own: readonly AccessKeyRecord[],
  held: string | undefined,
  now: number,
): readonly KeyAction[] {
  if (key.deletingSince !== undefined)
    return [...own.map((one): KeyAction => ({ do: "revoke", credentials: one })), { do: "finalize", key }];
  const rights = rightsOf(key);
  const stale = own.filter(({ scope, expiresAt, app }) => !isSame({ scope, expiresAt, app }, rights));
  const secret = key.labels[secretLabel];
  const lacksPair = secret !== undefined && !own.some(({ accessKeyId }) => accessKeyId === held);
  return [
    ...stale.map((one): KeyAction => ({ do: "put", credentials: withRights(one, rights) })),
    ...(lacksPair ? [{ do: "issue", key, secret, replaces: own } as const] : []),
    ...write(key, keyStatus(key, own, now)),
  ];
}

/** What a key's status says of its pairs. */
export function keyStatus(key: Key, own: readonly AccessKeyRecord[], now: number): KeyStatus {
  const { spec, owner } = key;
  const isExpired = spec.expiresAt !== undefined && Date.parse(spec.expiresAt) <= now;
  const credentials = own
    .toSorted((a, b) => a.createdAt - b.createdAt)
    .map(({ accessKeyId, createdAt }) => ({ accessKeyId, issuedAt: isoTime(createdAt) }));
  return {
    phase: isExpired ? "expired" : own.length === 0 ? "unissued" : "active",
    credentials,
    ...(owner?.kind === "app" ? { app: owner.name } : {}),
  };
}

function withRights(
  { scope: _scope, expiresAt: _expiresAt, app: _app, ...pair }: AccessKeyRecord,
  rights: ReturnType<typeof rightsOf>,
): AccessKeyRecord {
  return { ...pair, ...rights };
}

/** Fields that are undefined and fields that are not there are the same. */
function isSame(a: object, b: object): boolean {
  return canonicalJson(JSON.parse(JSON.stringify(a))) === canonicalJson(JSON.parse(JSON.stringify(b)));
}

function withoutStore(key: Key): readonly KeyAction[] {
  const hasPairs = (key.status.credentials ?? []).length > 0;
  if (key.deletingSince !== undefined && !hasPairs) return [{ do: "finalize", key }];
  return write(key, { ...key.status, phase: key.status.phase ?? "unissued", reason: absentReason });
}

function write(key: Key, status: KeyStatus): readonly KeyAction[] {
  if (canonicalJson(status) === canonicalJson(key.status)) return [];
  return [{ do: "write-status", key, status }];
}

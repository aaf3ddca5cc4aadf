import type { KeySpec } from "#api/kinds/key.ts";
import type { Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import { assert } from "#lib/assert.ts";
import type { AccessKeyRecord, KeyScope } from "../../records.ts";
import type { Key } from "../ports.ts";

/** RFC 4648 base32: letters and digits that no tool has to escape. */
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const prefix = "VDC";
const idLetters = 17;
/** In base64url 40 characters, as S3 clients expect; without `/` and `+`, which some of them escape wrongly. */
const secretBytes = 30;

/** A new pair. 85 random bits name it, 240 are its secret. */
export function newPair(random: Random): Pick<AccessKeyRecord, "accessKeyId" | "secretAccessKey"> {
  const id = [...random.bytes(idLetters)].map((byte) => letters.charAt(byte % letters.length)).join("");
  return {
    accessKeyId: prefix + id,
    secretAccessKey: Buffer.from(random.bytes(secretBytes)).toString("base64url"),
  };
}

/** A new pair of a key resource, as the catalog keeps it. */
export function newCredentials(key: Key, clock: Clock, random: Random): AccessKeyRecord {
  assert(key.project !== undefined, "keys live in projects");
  return {
    ...newPair(random),
    ...rightsOf(key),
    owner: key.id,
    project: key.project,
    createdAt: clock.now(),
  };
}

type Rights = Pick<AccessKeyRecord, "scope" | "expiresAt" | "app">;

/** What the pairs of a key may do now, by its spec. */
export function rightsOf({ spec, owner }: Key): Rights {
  return {
    scope: scopeOf(spec),
    ...(spec.expiresAt === undefined ? {} : { expiresAt: Date.parse(spec.expiresAt) }),
    ...(owner?.kind === "app" ? { app: owner.name } : {}),
  };
}

function scopeOf({ buckets, prefix: keyPrefix, access }: KeySpec): KeyScope {
  return {
    ...(buckets === undefined ? {} : { buckets }),
    ...(keyPrefix === undefined ? {} : { prefix: keyPrefix }),
    access,
  };
}

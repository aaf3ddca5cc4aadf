import { sql } from "kysely";
import type { Attribution } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import { assert } from "#lib/assert.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import type { PostgresStore } from "../postgres/open.ts";
import { answered } from "../postgres/resources.ts";
import { keyBytes, seal, unseal } from "./sealed-box.ts";

/** Versions of each secret that are kept, beside those that releases name. */
export const keptVersions = 20;
const maxValueBytes = 65_536;
/** Times that a status is written anew because something else wrote meanwhile. */
const statusAttempts = 5;

/** Values of secrets, sealed. Nothing of a value goes into events, audit, errors or the log. */
export interface Secrets {
  /** Adds a version; makes the secret when it is not there. `deleting`, `quota-exceeded`, `too-large`. */
  set(
    secret: {
      readonly project: string;
      readonly name: string;
      readonly value: string;
      readonly description?: string;
    },
    by: Attribution,
  ): Promise<number>;
  read(
    project: string,
    name: string,
    version?: number,
  ): Promise<{ readonly version: number; readonly value: string } | undefined>;
  /** Newest first. */
  versions(
    project: string,
    name: string,
  ): Promise<readonly { readonly version: number; readonly createdAt: string }[]>;
  /** Forgets all but the newest `keptVersions` and those that are named; says how many went. */
  prune(project: string, name: string, used: ReadonlySet<number>): Promise<number>;
  /** Forgets every value of it. */
  removeAll(project: string, name: string): Promise<void>;
}

export function createSecrets(options: {
  readonly store: Pick<PostgresStore, "db" | "transact" | "resources">;
  /** 32 bytes; whoever has them can read every secret. */
  readonly key: Uint8Array;
  readonly clock: Clock;
  readonly random: Random;
}): Secrets {
  assert(options.key.length === keyBytes, "the key of secrets has 256 bits");
  const { store, key } = options;
  return {
    set: async (secret, by) => await setValue(options, secret, by),
    read: async (project, name, version) => {
      const row = await answered(
        store.db
          .selectFrom("secret_versions")
          .select(["version", "sealed"])
          .where("project", "=", project)
          .where("name", "=", name)
          .$if(version !== undefined, (query) => query.where("version", "=", version ?? 0))
          .orderBy("version", "desc")
          .limit(1)
          .executeTakeFirst(),
      );
      if (row === undefined) return undefined;
      return {
        version: row.version,
        value: unseal(key, row.sealed, { project, name, version: row.version }),
      };
    },
    versions: async (project, name) => {
      const rows = await answered(
        store.db
          .selectFrom("secret_versions")
          .select(["version", "created_at"])
          .where("project", "=", project)
          .where("name", "=", name)
          .orderBy("version", "desc")
          .execute(),
      );
      return rows.map((row) => ({ version: row.version, createdAt: row.created_at }));
    },
    prune: async (project, name, used) => await prune(store, { project, name, used }),
    removeAll: async (project, name) => {
      await answered(
        store.db
          .deleteFrom("secret_versions")
          .where("project", "=", project)
          .where("name", "=", name)
          .execute(),
      );
    },
  };
}

async function setValue(
  { store, key, clock, random }: Parameters<typeof createSecrets>[0],
  secret: Parameters<Secrets["set"]>[0],
  by: Attribution,
): Promise<number> {
  const { project, name, value } = secret;
  if (Buffer.byteLength(value) > maxValueBytes)
    throw new VdcError("too-large", `A secret holds at most ${maxValueBytes} bytes.`);
  await ensureResource(store, secret, by);
  const createdAt = isoTime(clock.now());
  const version = await store.transact(by, async (tx, records) => {
    // In the same transaction: a secret that is being deleted gets no value that nobody would remove.
    const resource = await tx
      .selectFrom("resources")
      .select(["id", "deleting_since"])
      .where("kind", "=", "secret")
      .where("project", "=", project)
      .where("name", "=", name)
      .executeTakeFirst();
    if (resource === undefined || resource.deleting_since !== null)
      throw new VdcError("deleting", `Secret ${name} is being deleted.`);
    const { newest } = await tx
      .selectFrom("secret_versions")
      .select(sql<number | null>`max(version)`.as("newest"))
      .where("project", "=", project)
      .where("name", "=", name)
      .executeTakeFirstOrThrow();
    const next = (newest ?? 0) + 1;
    const sealed = seal(key, value, { project, name, version: next }, random);
    await tx
      .insertInto("secret_versions")
      .values({ project, name, version: next, sealed, created_at: createdAt })
      .execute();
    records.audit({
      verb: "set",
      target: { kind: "secret", project, name, id: resource.id },
      outcome: "done",
      detail: { version: next },
    });
    records.event({
      type: "secret.set",
      severity: "info",
      project,
      subject: { kind: "secret", project, name },
      message: `Secret ${name} got a new value, version ${next}.`,
      actor: by.actor,
    });
    return next;
  });
  await showVersion(store, { project, name, version, setAt: createdAt }, by);
  return version;
}

async function ensureResource(
  { resources }: Pick<PostgresStore, "resources">,
  { project, name, description = "" }: Parameters<Secrets["set"]>[0],
  by: Attribution,
): Promise<void> {
  const key = { kind: "secret", project, name };
  const standing = await resources.get(key);
  if (standing?.deletingSince !== undefined)
    throw new VdcError("deleting", `Secret ${name} is being deleted.`);
  if (standing !== undefined) return;
  try {
    await resources.apply({ ...key, labels: {}, spec: { description } }, { by, ifRevision: "absent" });
  } catch (error) {
    // Somebody was faster: it is there.
    if (!(error instanceof VdcError && error.code === "precondition-failed")) throw error;
  }
}

/** The version is shown in the resource's status; a newer one that another wrote meanwhile stays. */
async function showVersion(
  { resources }: Pick<PostgresStore, "resources">,
  shown: {
    readonly project: string;
    readonly name: string;
    readonly version: number;
    readonly setAt: string;
  },
  by: Attribution,
): Promise<void> {
  const { project, name, version, setAt } = shown;
  const key = { kind: "secret", project, name };
  for (let attempt = 0; attempt < statusAttempts; attempt += 1) {
    const current = await resources.get(key);
    if (current === undefined || Number(current.status["version"] ?? 0) >= version) return;
    try {
      const status = { ...current.status, version, setAt };
      await resources.setStatus(key, status, { by, ifRevision: current.revision });
      return;
    } catch (error) {
      if (!(error instanceof VdcError && overtaken.has(error.code))) throw error;
    }
  }
  // The secret's reconciler writes it with its next pass.
}

const overtaken: ReadonlySet<string> = new Set(["precondition-failed", "not-found"]);

async function prune(
  { db }: Pick<PostgresStore, "db">,
  {
    project,
    name,
    used,
  }: { readonly project: string; readonly name: string; readonly used: ReadonlySet<number> },
): Promise<number> {
  const rows = await answered(
    db
      .selectFrom("secret_versions")
      .select("version")
      .where("project", "=", project)
      .where("name", "=", name)
      .orderBy("version", "desc")
      .offset(keptVersions)
      .execute(),
  );
  const gone = rows.map(({ version }) => version).filter((version) => !used.has(version));
  if (gone.length === 0) return 0;
  await answered(
    db
      .deleteFrom("secret_versions")
      .where("project", "=", project)
      .where("name", "=", name)
      .where("version", "in", gone)
      .execute(),
  );
  return gone.length;
}

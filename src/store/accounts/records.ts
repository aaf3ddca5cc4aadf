import type { Transaction } from "kysely";
import type { Attribution } from "#api/actor.ts";
import type { NewAuditEntry, NewEvent } from "#api/records.ts";
import type { Database } from "../postgres/schema.ts";
import type { JsonObject } from "#lib/json.ts";
import type { Connection } from "./rows.ts";

/** What a transaction writes beside its rows; who and when are filled in. */
export interface Records {
  audit(entry: Pick<NewAuditEntry, "verb" | "target" | "outcome" | "detail">): void;
  event(event: Omit<NewEvent, "actor">): void;
}

/** What accounts need of the PostgreSQL store. */
export interface AccountsStore {
  /** Reads, and writes that nobody has to know of. */
  readonly db: Connection;
  /** One exclusive transaction: rows, audit entries and events are committed together or not at all. */
  transact<T>(
    by: Attribution,
    work: (transaction: Transaction<Database>, records: Records) => Promise<T>,
  ): Promise<T>;
}

/** A thing that an account change happened to. */
export interface Target {
  readonly kind: "user" | "session" | "token" | "link" | "app";
  readonly name: string;
  readonly id?: string;
}

/** Writes down a change that was made: the audit entry and the event of the same happening. */
export function recordDone(
  records: Records,
  happening: {
    readonly verb: string;
    readonly target: Target;
    readonly type: string;
    readonly message: string;
    readonly detail?: JsonObject;
  },
): void {
  const { verb, target, type, message, detail } = happening;
  // Members that are undefined are absent in JSON; the entry's type wants them absent here already.
  const kept = detail === undefined ? {} : { detail: withoutUndefined(detail) };
  records.audit({ verb, target, outcome: "done", ...kept });
  records.event({ type, severity: "info", subject: { kind: target.kind, name: target.name }, message });
}

export function withoutUndefined(detail: JsonObject): NonNullable<NewAuditEntry["detail"]> {
  return JSON.parse(JSON.stringify(detail)) as NonNullable<NewAuditEntry["detail"]>; // what JSON gives back is JSON
}

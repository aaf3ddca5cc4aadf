import type { IncomingHttpHeaders } from "node:http";
import { VdcError } from "#api/errors.ts";

/** What a write asks of the state that it finds. `present`: any revision, but it must be there. */
export type Precondition = number | "absent" | "present" | undefined;

/** The strong entity tag of a revision (RFC 9110 section 8.8.3). */
export function etagOf(revision: number): string {
  return `"${revision}"`;
}

/** Reads If-Match and `If-None-Match: *` of a write. Throws `bad-request` for what names no single revision. */
export function preconditionOf(headers: IncomingHttpHeaders): Precondition {
  const match = headers["if-match"];
  const none = headers["if-none-match"];
  if (match !== undefined && none !== undefined)
    throw new VdcError("bad-request", "If-Match and If-None-Match exclude each other.");
  if (none !== undefined) {
    if (none.trim() === "*") return "absent";
    throw new VdcError("bad-request", "On a write, If-None-Match takes '*' only.");
  }
  if (match === undefined) return undefined;
  if (match.trim() === "*") return "present";
  const revision = /^\s*"(\d{1,15})"\s*$/.exec(match)?.[1];
  if (revision === undefined)
    throw new VdcError("bad-request", "If-Match takes one ETag as it was given, such as \"42\", or '*'.");
  return Number(revision);
}

/** Whether If-None-Match of a read names this revision: then the caller has it. Compares weakly (section 13.1.2). */
export function callerHas(revision: number, ifNoneMatch: string | undefined): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === "*") return true;
  return ifNoneMatch.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etagOf(revision));
}

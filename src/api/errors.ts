import type { Json } from "#lib/json.ts";

/**
 * The one table of operating errors: HTTP status, CLI exit status, a title that never changes, and what the
 * user can do. Codes are public and append-only; every code is documented from this table.
 */
export const errorTable = {
  "bad-request": {
    status: 400,
    exit: 2,
    title: "The request cannot be read",
    remedy: "Correct the request and send it again.",
  },
  invalid: {
    status: 422,
    exit: 2,
    title: "The input is not valid",
    remedy: "Correct the named fields and try again; nothing was changed.",
  },
  unauthenticated: {
    status: 401,
    exit: 3,
    title: "You are not signed in",
    remedy: "Sign in (`vdc login`, or the console's sign-in page).",
  },
  "sign-in-failed": {
    status: 401,
    exit: 3,
    title: "Sign-in failed",
    remedy: "Check the name and the password, or ask an owner for a new sign-in link.",
  },
  forbidden: {
    status: 403,
    exit: 3,
    title: "You may not do this",
    remedy: "Ask an admin of the project, or an owner of the data center, for the role that is named.",
  },
  "not-found": {
    status: 404,
    exit: 4,
    title: "There is no such thing",
    remedy: "Check the name; `vdc get` lists what you may see.",
  },
  "method-not-allowed": {
    status: 405,
    exit: 2,
    title: "This address does not take that method",
    remedy: "See /v1/openapi.json for what it takes.",
  },
  "already-exists": {
    status: 409,
    exit: 5,
    title: "It exists already",
    remedy: "Choose another name, or apply a change to the one that exists.",
  },
  conflict: {
    status: 409,
    exit: 5,
    title: "It was changed meanwhile",
    remedy: "Read it again, repeat your change on the newest revision, and send that.",
  },
  deleting: {
    status: 409,
    exit: 5,
    title: "It is being deleted",
    remedy: "Wait until it is gone (`vdc wait --for=deleted`), then create it again.",
  },
  "in-use": {
    status: 409,
    exit: 5,
    title: "Something still needs it",
    remedy: "Remove what is named first.",
  },
  "precondition-failed": {
    status: 412,
    exit: 5,
    title: "The revision you named is no longer the newest",
    remedy: "Read it again and send the change with its new ETag.",
  },
  "too-large": {
    status: 413,
    exit: 2,
    title: "The request is too large",
    remedy: "Send less; the limit is named in the detail.",
  },
  "unsupported-media-type": {
    status: 415,
    exit: 2,
    title: "The body is not of a type this address takes",
    remedy: "Send application/json (or application/merge-patch+json for PATCH).",
  },
  "quota-exceeded": {
    status: 403,
    exit: 6,
    title: "The project's quota does not allow it",
    remedy: "Free something in the project, or ask an owner of the data center for a larger quota.",
  },
  compacted: {
    status: 410,
    exit: 7,
    title: "That revision is no longer kept",
    remedy: "List again, and watch from the revision that the list gives.",
  },
  misdirected: {
    status: 421,
    exit: 2,
    title: "This host name is not served here",
    remedy: "Use the address that `vdc status` prints, or start with --host NAME.",
  },
  "too-many-requests": {
    status: 429,
    exit: 8,
    title: "Too many attempts",
    remedy: "Wait as long as Retry-After says.",
  },
  fenced: {
    status: 409,
    exit: 7,
    title: "Another control process has taken over",
    remedy: "Nothing to do: the new leader carries on.",
  },
  cancelled: { status: 409, exit: 9, title: "It was cancelled", remedy: "Start it again when you want it." },
  interrupted: { status: 500, exit: 7, title: "It was interrupted by a restart", remedy: "Start it again." },
  timeout: {
    status: 504,
    exit: 8,
    title: "It took too long",
    remedy: "Look at the operation's log, then try again.",
  },
  busy: { status: 503, exit: 8, title: "Too much is waiting already", remedy: "Try again in a few seconds." },
  unavailable: {
    status: 503,
    exit: 7,
    title: "A part of the data center is not ready",
    remedy: "See `vdc status`; it is restarted by itself.",
  },
  unreachable: {
    status: 502,
    exit: 7,
    title: "The data center does not answer",
    remedy: "Start it with `./vdc up`, or check the address of the context.",
  },
  unsupported: {
    status: 501,
    exit: 2,
    title: "This machine cannot do that",
    remedy: "`vdc doctor` says what is missing and how to get it.",
  },
  "rollout-failed": {
    status: 409,
    exit: 7,
    title: "The release did not come up",
    remedy: "See its reason and the logs of its instances (`vdc logs`), correct it, and deploy again.",
  },
  "audit-broken": {
    status: 500,
    exit: 7,
    title: "The audit chain is broken",
    remedy:
      "Keep a copy of the database as it is, then find out who else can write to it: VDC itself only appends.",
  },
  fault: {
    status: 500,
    exit: 70,
    title: "A fault in VDC",
    remedy: "Report it with the request id; `vdc logs control` has the details.",
  },
} as const satisfies Record<string, { status: number; exit: number; title: string; remedy: string }>;

export type ErrorCode = keyof typeof errorTable;

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === "string" && Object.hasOwn(errorTable, code);
}

/** One field of the input that is wrong: `path` as in `spec.members[0].role`. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

/**
 * An operating error. `detail` is shown to users and never holds the cause's text; the cause goes to the log.
 * Outcomes that callers expect are returned values, not errors.
 */
export class VdcError extends Error {
  override readonly name = "VdcError";
  readonly code: ErrorCode;
  readonly fields: readonly FieldError[];
  /** Extra members of the problem document, such as `retryAfterSeconds`. */
  readonly extra: Readonly<Record<string, Json>>;

  constructor(
    code: ErrorCode,
    detail: string,
    options: {
      readonly fields?: readonly FieldError[];
      readonly extra?: Readonly<Record<string, Json>>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.fields = options.fields ?? [];
    this.extra = options.extra ?? {};
  }

  get status(): number {
    return errorTable[this.code].status;
  }

  get exit(): number {
    return errorTable[this.code].exit;
  }
}

import { AssertionFault } from "#lib/assert.ts";
import { errorTable, VdcError } from "#api/errors.ts";
import { problemOf } from "#api/problem.ts";

export const problemType = "application/problem+json; charset=utf-8";

/**
 * The operating error that a thrown thing is, for the outside. What we do not know is a `fault` whose text tells
 * nothing; its cause goes to the log.
 */
export function asVdcError(thrown: unknown): VdcError {
  if (thrown instanceof VdcError) return thrown;
  const known = thrown instanceof AssertionFault ? undefined : frameworkError(thrown);
  return known ?? new VdcError("fault", "Something went wrong inside VDC.", { cause: thrown });
}

/** What @fastify/static refuses: a folder, a hidden file, a path that climbs. All are files that are not there. */
export function fileError(thrown: unknown): unknown {
  const { code, statusCode } = (thrown ?? {}) as { code?: unknown; statusCode?: unknown }; // any thrown thing can be asked
  const isRefusal = code === undefined && typeof statusCode === "number" && statusCode < 500;
  if (!isRefusal) return thrown;
  return new VdcError("not-found", "There is nothing at this address.", { cause: thrown });
}

/** Fastify's own errors (its documentation, Reference/Errors) carry a code that begins with FST_. */
function frameworkError(thrown: unknown): VdcError | undefined {
  const { code, statusCode } = (thrown ?? {}) as { code?: unknown; statusCode?: unknown }; // any thrown thing can be asked
  if (typeof code !== "string" || !code.startsWith("FST_")) return undefined;
  const options = { cause: thrown };
  switch (code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new VdcError("too-large", "The body is larger than 1 MiB.", options);
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return new VdcError("unsupported-media-type", "The body's Content-Type is not JSON.", options);
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return new VdcError("bad-request", "The body is not as long as Content-Length says.", options);
    case "FST_ERR_BAD_URL":
      return new VdcError("bad-request", "The address holds a percent-encoding that is not UTF-8.", options);
    default:
      return typeof statusCode === "number" && statusCode < 500
        ? new VdcError("bad-request", "The request cannot be read.", options)
        : undefined;
  }
}

/** Status, headers and text of an error's answer. */
export function problemAnswer(error: VdcError, requestId: string) {
  const retryAfter = error.extra["retryAfterSeconds"];
  const headers: Record<string, string> = { "content-type": problemType, "cache-control": "no-store" };
  if (typeof retryAfter === "number") headers["retry-after"] = String(Math.max(1, Math.ceil(retryAfter)));
  else if (error.code === "busy" || error.code === "unavailable") headers["retry-after"] = "2";
  // RFC 9110 section 15.5.2: a 401 names a way in.
  if (error.status === 401) headers["www-authenticate"] = 'Bearer realm="vdc"';
  return {
    status: errorTable[error.code].status,
    headers,
    text: JSON.stringify(problemOf(error, requestId)),
  };
}

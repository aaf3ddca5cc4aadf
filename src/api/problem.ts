import { z } from "zod";
import { errorTable, isErrorCode, VdcError } from "#api/errors.ts";

/** RFC 9457 problem document with our members beside the standard ones. */
export const problemSchema = z.looseObject({
  type: z.string().describe("`urn:vdc:error:` and the code"),
  title: z.string(),
  status: z.int(),
  detail: z.string().describe("What went wrong this time"),
  instance: z.string().optional().describe("The request's id"),
  code: z.string(),
  remedy: z.string().describe("What to do about it"),
  errors: z
    .array(z.strictObject({ path: z.string(), message: z.string() }))
    .describe("The fields that are wrong"),
});
export type Problem = z.infer<typeof problemSchema>;

export function problemOf(error: VdcError, requestId?: string): Problem {
  const row = errorTable[error.code];
  return {
    ...error.extra,
    type: `urn:vdc:error:${error.code}`,
    title: row.title,
    status: row.status,
    detail: error.message,
    ...(requestId === undefined ? {} : { instance: requestId }),
    code: error.code,
    remedy: ownRemedy(error) ?? row.remedy,
    errors: error.fields.map((field) => ({ ...field })),
  };
}

/** The error a problem document tells of, on the client's side. An unknown code is a newer server's: a fault. */
export function errorOfProblem(problem: Problem): VdcError {
  const code = isErrorCode(problem.code) ? problem.code : "fault";
  const { instance, remedy } = problem;
  const extra = { ...(instance === undefined ? {} : { requestId: instance }), remedy };
  return new VdcError(code, problem.detail, { fields: problem.errors, extra });
}

/** What to do about this very error, where that is more than its code says. */
function ownRemedy({ extra }: VdcError): string | undefined {
  const { remedy } = extra;
  return typeof remedy === "string" ? remedy : undefined;
}

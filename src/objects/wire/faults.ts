import { errorTable, VdcError, type ErrorCode } from "#api/errors.ts";
import { S3Error, s3ErrorTable, type S3ErrorCode } from "#objects/s3-error.ts";

/** An error as it travels. A fault of our own is logged where it happened and travels without its words. */
export type WireFault =
  | {
      readonly kind: "s3";
      readonly code: string;
      readonly message: string;
      readonly details?: Readonly<Record<string, string>>;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: "vdc"; readonly code: string; readonly message: string }
  | { readonly kind: "fault" };

export function faultOf(error: unknown): WireFault {
  if (error instanceof S3Error) {
    const { code, message, details, headers } = error;
    return { kind: "s3", code, message, details, headers };
  }
  if (error instanceof VdcError) return { kind: "vdc", code: error.code, message: error.message };
  return { kind: "fault" };
}

/** The error as the caller is to throw it; what is not understood is InternalError. */
export function errorOf(fault: WireFault): Error {
  if (fault.kind === "s3" && isS3Code(fault.code)) {
    const { code, message, details = {}, headers = {} } = fault;
    return new S3Error(code, message, { details, headers });
  }
  if (fault.kind === "vdc" && isVdcCode(fault.code)) return new VdcError(fault.code, fault.message);
  return new S3Error("InternalError");
}

function isS3Code(code: string): code is S3ErrorCode {
  return Object.hasOwn(s3ErrorTable, code);
}

function isVdcCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code);
}

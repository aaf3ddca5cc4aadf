import { S3Error } from "#objects/s3-error.ts";

/** `end` is exclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * One range of `Range: bytes=…` (RFC 9110, section 14.2). Undefined: the whole is sent, which is so for headers that cannot be read and, as at S3, for
 * several ranges. Throws InvalidRange when nothing of it exists.
 */
export function byteRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = header === undefined ? null : /^bytes=(\d*)-(\d*)$/.exec(header.trim());
  if (match === null) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return undefined;
  if (first === "") {
    const length = Math.min(Number(last), size);
    if (length === 0) throw unsatisfiable(header, size);
    return { start: size - length, end: size };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return undefined;
  if (start >= size) throw unsatisfiable(header, size);
  return { start, end: last === "" ? size : Math.min(Number(last) + 1, size) };
}

/** `x-amz-copy-source-range`, which must be exact: `bytes=first-last` inside of the source. */
export function copyRange(header: string, size: number): ByteRange {
  const match = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header.trim());
  if (match === null || Number(match[2]) < Number(match[1]))
    throw new S3Error("InvalidArgument", "x-amz-copy-source-range must be bytes=first-last.", {
      details: { ArgumentName: "x-amz-copy-source-range", ArgumentValue: header },
    });
  if (Number(match[2]) >= size)
    throw new S3Error("InvalidRange", `The range ends beyond the source, which has ${size} bytes.`);
  return { start: Number(match[1]), end: Number(match[2]) + 1 };
}

export function contentRange(range: ByteRange, size: number): string {
  return `bytes ${range.start}-${range.end - 1}/${size}`;
}

function unsatisfiable(header: string | undefined, size: number): S3Error {
  return new S3Error("InvalidRange", undefined, {
    details: { RangeRequested: header ?? "", ActualObjectSize: String(size) },
    headers: { "content-range": `bytes */${size}` },
  });
}

const mebibyte = 1024 * 1024;

/** Larger files are sent in parts. */
export const singleMaxBytes = 16 * mebibyte;
/** Of the 10,000 that S3 allows. */
const maxParts = 9_000;

/** 16 MiB, or as much as keeps the parts few enough. */
export function partSizeFor(size: number): number {
  return Math.max(singleMaxBytes, Math.ceil(size / maxParts / mebibyte) * mebibyte);
}

/** The parts of a file, numbered from 1; `end` is not in it. */
export function partRanges(
  size: number,
  partSize: number,
): readonly { readonly number: number; readonly start: number; readonly end: number }[] {
  return Array.from({ length: Math.ceil(size / partSize) }, (_, at) => ({
    number: at + 1,
    start: at * partSize,
    end: Math.min(size, (at + 1) * partSize),
  }));
}

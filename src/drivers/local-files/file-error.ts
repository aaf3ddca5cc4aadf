const reasons: Readonly<Record<string, string>> = {
  EACCES: "you may not read or write it",
  EPERM: "you may not read or write it",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of its path is not a folder",
  EFBIG: "it is too large",
  EILSEQ: "it is not UTF-8 text",
  ENOSPC: "the disk is full",
  EROFS: "the file system is read-only",
  ELOOP: "its symbolic links go in circles",
};

/** A file that could not be read or written: `reason` is for people, `code` is the system's name (errno(3)). */
export class VdcFileError extends Error {
  override readonly name = "VdcFileError";
  readonly path: string;
  readonly code: string;
  readonly reason: string;

  constructor(path: string, code: string, cause?: unknown) {
    const reason = reasons[code] ?? `the system says ${code}`;
    super(`${path}: ${reason}`, cause === undefined ? undefined : { cause });
    this.path = path;
    this.code = code;
    this.reason = reason;
  }
}

/** The system's name of an error, or `unknown`. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "unknown";
}

/** The words on the command line are wrong: nothing was sent. `hint` says what would be right. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** Exit status of wrong usage. */
export const usageStatus = 2;

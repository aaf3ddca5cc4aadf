/** What an error says to people. */
export function wordsOf(error: unknown): string {
  if (error instanceof TypeError && error.message.includes("fetch"))
    return "The network is away; it goes on when it is back.";
  return error instanceof Error ? error.message : "It failed for a reason that was not told.";
}

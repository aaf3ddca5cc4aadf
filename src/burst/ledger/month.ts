/** As 2026-11: the month, in UTC, whose budget pays for what is accepted at `at`. */
export function monthOf(at: string): string {
  return at.slice(0, 7);
}

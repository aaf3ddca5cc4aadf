/** The console's only door to chance: jitter, never secrets. */
export const browserRandom = {
  bytes: (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count)),
  fraction: (): number => Math.random(),
};

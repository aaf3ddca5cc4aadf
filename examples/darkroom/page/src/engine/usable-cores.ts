const most = 16;

/** Cores of this machine that merges may use; one is left for the page itself. */
export function usableCores(): number {
  return Math.max(1, Math.min(most, navigator.hardwareConcurrency - 1));
}

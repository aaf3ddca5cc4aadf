/** A broken promise of our own code: never caused by input, never shown to users as anything but "a fault in VDC". */
export class AssertionFault extends Error {
  override readonly name = "AssertionFault";
}

/** Stops at a programmer error. `what` says what must hold. Stays on in production. */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new AssertionFault(`must hold: ${what}`);
}

/** Closes an exhaustive `switch`: a new member of the union becomes a type error here. */
export function unreachable(value: never): never {
  throw new AssertionFault(`must hold: no such case as ${JSON.stringify(value)}`);
}

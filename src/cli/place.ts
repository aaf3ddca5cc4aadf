export interface Place {
  /** An address or a socket's path. */
  readonly where: string;
  readonly context: string;
}

const places = new WeakMap<Error, Place>();

/** Notes which data center an error came from, so that "cannot be reached" can say what. */
export function rememberPlace(error: Error, place: Place): void {
  places.set(error, place);
}

export function placeOf(error: Error): Place | undefined {
  return places.get(error);
}

import { lookup } from "node:dns";
import type { LookupFunction } from "node:net";

/** A look-up that fails when any address of the name is refused: which of them a socket would take is not ours to say. */
export function guardedLookup(refuses: (ip: string) => boolean): LookupFunction {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      const refused = addresses?.find(({ address }) => refuses(address));
      if (error !== null) callback(error, "");
      else if (first === undefined || refused !== undefined) callback(refusedError(host), "");
      else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

export function refusedError(host: string): Error {
  return new Error(`${host} leads to an address that is refused`);
}

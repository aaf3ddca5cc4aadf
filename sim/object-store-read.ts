import { assert } from "#lib/assert.ts";
import type { Found } from "#objects/catalog.ts";
import { partMinBytes } from "#objects/limits.ts";
import type { ObjectStore } from "#objects/s3/operation.ts";
import { readVersion } from "#objects/s3/operations/read-version.ts";

/** All bytes of what was found. Parts say that they are `partMinBytes` longer than they are. */
export function readObject(store: ObjectStore, found: Found): AsyncIterable<Uint8Array> {
  const { version } = found;
  assert(version !== undefined, "it is there");
  const parts = version.parts?.map((part) => ({ ...part, size: part.size - partMinBytes }));
  const end = parts?.reduce((sum, { size }) => sum + size, 0) ?? version.size;
  const whole = { ...found, version: parts === undefined ? version : { ...version, parts } };
  return readVersion(store, whole, { start: 0, end }, new AbortController().signal);
}

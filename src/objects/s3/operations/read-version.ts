import { assert } from "#lib/assert.ts";
import type { Found } from "#objects/catalog.ts";
import type { Readable } from "#objects/data-path.ts";
import type { ExtentRef, VersionPart, VersionRecord } from "#objects/records.ts";
import type { ObjectStore } from "#objects/s3/operation.ts";

import type { CustomerKey } from "./customer-key.ts";
import type { ByteRange } from "./range.ts";

/** A version, and the key that opens it when it is a customer's. */
interface Opened extends Found {
  readonly version: VersionRecord;
  readonly customerKey?: CustomerKey | undefined;
  /** See `Readable`. */
  readonly isLent?: true;
}

/** The bytes of a version: one run, or one for each part, because parts are stored and sealed on their own. */
export async function* readVersion(
  store: ObjectStore,
  found: Opened,
  range: ByteRange,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  let offset = 0;
  const key = found.customerKey === undefined ? {} : { customerKey: found.customerKey.key };
  const lent = found.isLent === true ? { isLent: found.isLent } : {};
  for (const run of runsOf(found)) {
    const start = Math.max(range.start - offset, 0);
    const end = Math.min(range.end - offset, run.size);
    offset += run.size;
    if (start < end) yield* store.data.read({ ...run, ...key, ...lent }, { start, end }, signal);
  }
}

function* runsOf(found: Found & { readonly version: VersionRecord }): Generator<Readable, void, undefined> {
  const { version } = found;
  if (version.parts === undefined) {
    if (version.size > 0) yield wholeRun(found);
    return;
  }
  const extents = version.data.at === "extents" ? version.data.extents : [];
  let next = 0;
  for (const part of version.parts) {
    const own = extents.slice(next, next + part.extents);
    next += part.extents;
    if (part.size > 0) yield { size: part.size, data: dataOfPart(found, part, own), ...sealOf(part) };
  }
}

function wholeRun(found: Found & { readonly version: VersionRecord }): Readable {
  const { version, place } = found;
  const { data } = version;
  assert(data.at !== "none", "a version with bytes says where they are");
  if (data.at === "extents") return { size: version.size, data, ...sealOf(version) };
  assert(place !== undefined, "the catalog says where inline bytes lie");
  return { size: version.size, data: { at: "inline", place }, ...sealOf(version) };
}

function dataOfPart(found: Found, part: VersionPart, extents: readonly ExtentRef[]): Readable["data"] {
  if (part.blob === undefined) return { at: "extents", extents };
  const place = found.places?.[part.blob];
  assert(place !== undefined, "the catalog says where the inline bytes of parts lie");
  return { at: "inline", place };
}

function sealOf(of: Pick<VersionRecord, "seal"> | Pick<VersionPart, "seal">): Pick<Readable, "seal"> {
  return of.seal === undefined ? {} : { seal: of.seal };
}

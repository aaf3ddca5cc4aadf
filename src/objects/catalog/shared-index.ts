import type { Catalog, Configuration, Found, ObjectName } from "#objects/catalog.ts";
import type { Row } from "./index-contract.ts";
import { textKey } from "./keys.ts";
import { decodeVersion } from "./rows.ts";

/** Runs something after the events that are being handled now: setImmediate. */
type Later = (run: () => void) => void;

/** The catalog's index as another process sees it. */
export interface SharedIndex {
  /** Undefined: there is none, or it cannot be said here. A row that is given was there when or after `get` was called. */
  get(key: Uint8Array): Pick<Row, "value" | "place"> | undefined;
}

/**
 * The same catalog, whose newest objects are read from the index without a call. What was acknowledged is in the index, so a reader sees it. Whatever one row alone does not answer (nothing there, a delete
 * marker, a named version, parts whose bytes are rows of their own) is asked of the catalog, which sees all rows as they are at one moment.
 */
export function withSharedIndex(
  catalog: Catalog,
  index: SharedIndex,
  configuration: Pick<Configuration, "bucket">,
  later: Later,
): Catalog {
  const endOfTurn = turns(later);
  return {
    ...catalog,
    find: async (input) => {
      if (input.versionId !== undefined) return await catalog.find(input);
      await endOfTurn();
      return findCurrent(index, configuration, input) ?? (await catalog.find(input));
    },
  };
}

/**
 * Who asks in one turn of the event loop goes on together behind its events, as with answers of the catalog, which come together. Requests that are served one by one to their end cost half as much again:
 * their answers wake a waiting client each, and the code of a whole request is longer than the processor's caches.
 */
function turns(later: Later): () => Promise<void> {
  let end: Promise<void> | undefined;
  return async () => {
    end ??= new Promise((resolve) =>
      later(() => {
        end = undefined;
        resolve();
      }),
    );
    await end;
  };
}

function findCurrent(
  index: SharedIndex,
  configuration: Pick<Configuration, "bucket">,
  name: ObjectName,
): Found | undefined {
  const bucket = configuration.bucket(name.bucket);
  if (bucket === undefined) return undefined;
  const row = index.get(textKey("current", bucket.id, name.key));
  if (row === undefined) return undefined;
  const version = decodeVersion(bucket.id, name.key, row.value);
  if (version.parts?.some(({ blob }) => blob !== undefined) === true) return undefined;
  return { bucket, version, ...(row.place === undefined ? {} : { place: row.place }), isLatest: true };
}

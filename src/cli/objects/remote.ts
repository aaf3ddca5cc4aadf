import type { ListedObject } from "#api/objects.ts";
import { VdcError } from "#api/errors.ts";
import type { Session } from "#cli/session.ts";
import type { ObjectTarget } from "./target.ts";

const pageItems = 1000;
/** Objects of one call: they are held in memory. */
export const maxObjects = 1_000_000;

export interface ListOptions {
  readonly delimiter?: string;
  readonly versions?: boolean;
  /** Stops there; else `too-large` beyond `maxObjects`. */
  readonly limit?: number;
}

/** Everything whose key begins with the target's, page after page. */
export async function* listed(
  session: Session,
  { project, bucket, key }: ObjectTarget,
  { delimiter = "", versions = false, limit }: ListOptions = {},
): AsyncGenerator<ListedObject> {
  const { client, io } = session;
  let after = "";
  let given = 0;
  for (;;) {
    const page = await client.call(client.routes["bucket.objects"], {
      params: { project, name: bucket },
      query: {
        prefix: key,
        delimiter,
        after,
        limit: Math.min(pageItems, (limit ?? pageItems) - given) || pageItems,
        versions: versions ? "true" : "false",
      },
      signal: io.signal,
    });
    for (const item of page.items) {
      if (limit !== undefined && given >= limit) return;
      if (given >= maxObjects)
        throw new VdcError("too-large", `There are more than ${maxObjects} objects; name a longer prefix.`);
      given += 1;
      yield item;
    }
    if (page.next === undefined || (limit !== undefined && given >= limit)) return;
    after = page.next;
  }
}

/** The object of exactly this key. */
export async function findObject(session: Session, target: ObjectTarget): Promise<ListedObject | undefined> {
  // A key comes before all that it is the beginning of.
  for await (const item of listed(session, target, { limit: 1 }))
    return item.key === target.key ? item : undefined;
  return undefined;
}

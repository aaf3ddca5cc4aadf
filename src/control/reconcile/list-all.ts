import type { Resource } from "#api/resource.ts";
import type { ListQuery, ResourceStore } from "#store/store.ts";

const pageItems = 500;

/** Walks the pages of a list, at most `max` resources of it. */
export async function* listAll(
  resources: ResourceStore,
  query: Omit<ListQuery, "limit" | "continue">,
  options: { readonly max: number; readonly signal: AbortSignal },
): AsyncGenerator<Resource> {
  let given = 0;
  let next: string | undefined;
  do {
    options.signal.throwIfAborted();
    const page = await resources.list({
      ...query,
      limit: pageItems,
      ...(next === undefined ? {} : { continue: next }),
    });
    for (const item of page.items) {
      if (given >= options.max) return;
      given += 1;
      yield item;
    }
    next = page.continue;
  } while (next !== undefined);
}

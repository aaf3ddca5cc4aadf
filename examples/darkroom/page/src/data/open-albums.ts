import { useEffect, useState } from "react";
import { wordsOf } from "../lib/words.ts";
import { AlbumStore } from "./album-store.ts";

/** Stores of albums that were opened in this page: all views of an album share one, so that its changes are in one line. */
const stores = new Map<string, Promise<AlbumStore>>();

/** Makes a store known that was made together with its album. */
export function rememberStore(store: AlbumStore): void {
  stores.set(store.id, Promise.resolve(store));
}

/** After an album was deleted. */
export function forgetStore(id: string): void {
  stores.delete(id);
}

export async function openAlbum(id: string): Promise<AlbumStore> {
  const found = stores.get(id) ?? AlbumStore.open(id);
  stores.set(id, found);
  try {
    return await found;
  } catch (error) {
    stores.delete(id);
    throw error;
  }
}

export function useAlbumStore(id: string): { readonly store?: AlbumStore; readonly failure?: string } {
  const [found, setFound] = useState<{ readonly store?: AlbumStore; readonly failure?: string }>({});
  useEffect(() => {
    let isGone = false;
    openAlbum(id).then(
      (store) => {
        if (!isGone) setFound({ store });
        return undefined;
      },
      (error: unknown) => {
        if (!isGone) setFound({ failure: wordsOf(error) });
      },
    );
    return () => {
      isGone = true;
    };
  }, [id]);
  return found;
}

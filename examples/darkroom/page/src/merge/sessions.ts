import type { Photo } from "../data/own-server.ts";
import { MergeSession } from "./merge-session.ts";
import type { Recipe } from "./recipe.ts";

/** Merges that were opened in this page, newest last: going back to one finds it as it was, and its steps of undo still mean something. */
const sessions = new Map<string, { readonly session: unknown; close(): void }>();
const maxSessions = 3;

export function sessionFor<P extends object, A>(
  album: string,
  recipe: Recipe<P, A>,
  photos: readonly Photo[],
): MergeSession<P, A> {
  const key = `${album} ${recipe.kind} ${photos.map(({ hash }) => hash).join(",")}`;
  const known = sessions.get(key);
  // A key names its recipe, and so its types.
  if (known !== undefined) return known.session as MergeSession<P, A>;
  const session = new MergeSession(recipe, photos);
  sessions.set(key, { session, close: () => session.close() });
  const [oldest] = sessions;
  if (sessions.size > maxSessions && oldest !== undefined) {
    oldest[1].close();
    sessions.delete(oldest[0]);
  }
  return session;
}

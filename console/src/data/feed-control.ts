import type { Me } from "#api/accounts.ts";
import { applyChange, keys, queryClient } from "#console/data/cache.ts";
import { startFeed, type Feed, type FeedState } from "#console/data/feed.ts";
import type { ResourceList } from "#console/data/feed-cache.ts";
import { projectsQuery } from "#console/data/queries.ts";
import { browserClock } from "#console/lib/clock.ts";
import { createStore } from "#console/lib/store.ts";

export const feedState = createStore<FeedState>("connecting");

/** True for a moment after a loss has ended. */
export const feedRecovered = createStore(false);
const recoveredMs = 4000;

/** A hidden tab lets its line go after this long: browsers allow six to a server, and tabs share them. */
const hiddenMs = 30_000;

/** Starts, pauses and resumes the tab's feed. */
export function createFeedControl() {
  let position = 0;
  let running: { readonly feed: Feed; readonly controller: AbortController } | undefined;
  let cancelPause = () => {};
  let wanted = false;

  function open(): void {
    if (running !== undefined || !wanted) return;
    const controller = new AbortController();
    const feed = startFeed(
      { clock: browserClock, since: position, onChange, onCompacted: readAgain, onState },
      controller.signal,
    );
    running = { feed, controller };
  }

  function close(): void {
    if (running === undefined) return;
    position = running.feed.position();
    running.controller.abort();
    running = undefined;
  }

  function onVisibility(): void {
    cancelPause();
    if (document.visibilityState === "visible") {
      open();
      running?.feed.hurry();
    } else cancelPause = browserClock.after(hiddenMs, close);
  }

  const hurry = () => running?.feed.hurry();

  return {
    start(since: number): void {
      position = Math.max(position, since);
      wanted = true;
      document.addEventListener("visibilitychange", onVisibility);
      window.addEventListener("online", hurry);
      open();
    },
    stop(): void {
      wanted = false;
      document.removeEventListener("visibilitychange", onVisibility);
      window.removeEventListener("online", hurry);
      cancelPause();
      close();
    },
    /** After signing in again: the old line is closed or refused. */
    restart(): void {
      close();
      open();
    },
    hurry,
  };
}

function onState(state: FeedState): void {
  const before = feedState.get();
  feedState.set(state);
  // While the line was down nobody told us of rights that were taken.
  if (state === "live") readRightsAgain();
  if (state === "lost") feedRecovered.set(false);
  if (state === "live" && before === "lost") {
    feedRecovered.set(true);
    browserClock.after(recoveredMs, () => feedRecovered.set(false));
  }
  // What failed while the server was away is asked for again now that it is back.
  if (state === "live" && before === "lost")
    void queryClient.invalidateQueries({
      predicate: (query) => query.state.status === "error" || query.state.fetchFailureCount > 0,
    });
}

function onChange(change: Parameters<typeof applyChange>[0]): void {
  applyChange(change);
  if (change.kind === "project") readRightsAgain();
}

/** Membership decides what others than owners may do. */
function readRightsAgain(): void {
  if (queryClient.getQueryData<Me>(keys.me)?.owner === false)
    void queryClient.invalidateQueries({ queryKey: keys.me }, { cancelRefetch: false });
}

/** The revision we stood at is no longer kept: everything is read again, and the list says where to go on. */
async function readAgain(): Promise<number> {
  await queryClient.invalidateQueries();
  const list: ResourceList = await queryClient.fetchQuery({ ...projectsQuery, staleTime: 0 });
  return list.revision;
}

import { feedRecovered, feedState } from "#console/data/feed-control.ts";
import { feed } from "#console/data/session.tsx";
import { Button } from "#console/kit/button.tsx";
import { StateMark } from "#console/kit/state.tsx";
import { useStore } from "#console/lib/store.ts";

/** Says calmly that the page shows what it last knew, and that it is back. */
export function ConnectionBanner() {
  const state = useStore(feedState);
  const recovered = useStore(feedRecovered);
  return (
    <div role="status" aria-live="polite">
      {state === "lost" && (
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-warn-soft px-6 py-1.5 text-ink max-sm:px-4">
          <StateMark tone="warn" />
          <span>Connection lost, reconnecting…</span>
          <span className="text-dim max-sm:hidden">You see what was last known.</span>
          <Button look="quiet" className="ml-auto" onClick={feed.hurry}>
            Try now
          </Button>
        </div>
      )}
      {recovered && (
        <div className="flex items-center gap-3 border-b border-line bg-good-soft px-6 py-2 text-ink max-sm:px-4">
          <StateMark tone="good" />
          <span>Connected again.</span>
        </div>
      )}
    </div>
  );
}

import type { ReactNode } from "react";
import type { Event } from "#api/records.ts";
import type { useEvents } from "#console/data/queries.ts";
import { Button } from "#console/kit/button.tsx";
import { Failure, FailureNote } from "#console/kit/failure.tsx";
import { Empty } from "#console/kit/page.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { countOf, formatCount } from "#console/lib/format.ts";
import { useAction } from "#console/lib/use-action.ts";
import { EventList } from "#console/pages/event-list.tsx";

/** Events with the way to older ones. `keep` is the page's filter. */
export function EventsPanel(props: {
  readonly query: ReturnType<typeof useEvents>;
  readonly title: string;
  readonly keep?: (event: Event) => boolean;
  readonly filters?: ReactNode;
  readonly onClearFilters?: () => void;
}) {
  const { query } = props;
  const older = useAction(query.loadOlder);
  const all = query.data?.items ?? [];
  const events = props.keep === undefined ? all : all.filter(props.keep);
  return (
    <Panel
      title={props.title}
      quietTitle
      flush
      {...(query.data === undefined
        ? {}
        : {
            note:
              events.length === all.length
                ? countOf(all.length, "event")
                : `${formatCount(events.length)} of ${formatCount(all.length)} read`,
          })}
      actions={props.filters}
    >
      {query.data === undefined ? (
        query.error === null ? (
          <SkeletonRows rows={8} />
        ) : (
          <div className="p-4">
            <Failure error={query.error} onRetry={() => void query.refetch()} />
          </div>
        )
      ) : events.length === 0 ? (
        <Empty
          title={all.length === 0 ? "Nothing has happened yet" : "No event fits"}
          actions={
            all.length > 0 &&
            props.onClearFilters !== undefined && (
              <Button onClick={props.onClearFilters}>Clear the filters</Button>
            )
          }
        >
          {all.length === 0
            ? "What happens shows up here by itself."
            : "Older events may fit: load more of them below."}
        </Empty>
      ) : (
        <EventList events={events} />
      )}
      {query.data !== undefined && !query.data.complete && (
        <div className="flex flex-col items-center gap-2 border-t border-line p-3">
          <FailureNote error={older.error} />
          <Button busy={older.busy} onClick={() => older.run()}>
            Load older
          </Button>
        </div>
      )}
    </Panel>
  );
}

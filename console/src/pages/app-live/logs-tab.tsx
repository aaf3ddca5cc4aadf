import { useMemo, useState } from "react";
import { maxLogLines, useLogStream } from "#console/data/log-stream.ts";
import { readPreference, writePreference } from "#console/data/theme.ts";
import { Button } from "#console/kit/button.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { Empty } from "#console/kit/page.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { countOf, formatCount } from "#console/lib/format.ts";
import type { LogLine } from "#console/lib/log-buffer.ts";
import { matchingLines, stepMatch, type Search } from "#console/lib/log-search.ts";
import { LogFilters, type LogFilter } from "#console/pages/app-live/log-filters.tsx";
import { LogList } from "#console/pages/app-live/log-list.tsx";
import { LogActions, LogSearch } from "#console/pages/app-live/log-search-bar.tsx";
import { StreamNote, lastingError } from "#console/pages/app-live/stream-note.tsx";

/** The lines of an app's instances, live. Scrolled up or paused, the lines stand still and new ones are counted. */
export function LogsTab(props: { readonly project: string; readonly app: string }) {
  const [filter, setFilter] = useState<LogFilter>({ component: "", instance: "", stream: "" });
  const log = useLogStream({ ...props, component: filter.component, instance: filter.instance });
  const [frozen, setFrozen] = useState<{ readonly lines: readonly LogLine[]; readonly newest: number }>();
  const [search, setSearch] = useState<Search>({ text: "", matchCase: false });
  const [currentId, setCurrentId] = useState<number>();
  const [looks, setLooks] = useLooks();

  const held = frozen?.lines ?? log.lines;
  const { stream } = filter;
  const lines = useMemo(
    () => (stream === "" ? held : held.filter((line) => line.entry.stream === stream)),
    [held, stream],
  );
  const matches = useMemo(() => matchingLines(lines, search), [lines, search]);
  const foundAt = matches.findIndex((at) => lines[at]?.id === currentId);
  const current = foundAt === -1 ? undefined : lines[matches[foundAt] ?? 0];
  const follow = frozen === undefined;
  const fresh = frozen === undefined ? 0 : log.lines.filter((line) => line.id > frozen.newest).length;

  const setFollow = (wanted: boolean) => {
    if (wanted) {
      setFrozen(undefined);
      setCurrentId(undefined);
    } else if (frozen === undefined) setFrozen({ lines: log.lines, newest: log.lines.at(-1)?.id ?? -1 });
  };
  const step = (by: 1 | -1) => {
    if (matches.length === 0) return;
    setFollow(false);
    const next = stepMatch(matches.length, foundAt === -1 ? undefined : foundAt, by);
    setCurrentId(lines[matches[next] ?? 0]?.id);
  };
  const changeFilter = (next: LogFilter) => {
    setFollow(true);
    setFilter(next);
  };

  const lasting = lastingError(log.state);
  if (lasting !== undefined) return <Failure error={lasting} />;
  return (
    <Panel
      title="Logs"
      note={<StreamNote state={log.state} paused={!follow} />}
      flush
      actions={
        <LogActions
          lines={lines}
          app={props.app}
          paused={!follow}
          onPause={(paused) => setFollow(!paused)}
          onClear={() => {
            setFollow(true);
            log.clear();
          }}
        />
      }
    >
      <div className="flex flex-col gap-3 px-4 py-3">
        <LogSearch
          search={search}
          onSearch={(next) => {
            setSearch(next);
            setCurrentId(undefined);
          }}
          count={matches.length}
          at={foundAt === -1 ? undefined : foundAt}
          onStep={step}
        />
        <LogFilters {...props} filter={filter} onFilter={changeFilter} looks={looks} onLooks={setLooks} />
      </div>
      <div className="relative">
        {lines.length === 0 ? (
          <Empty title={held.length === 0 ? "No line yet" : "No line of this stream"}>
            What its instances write to standard output and standard error appears here.
          </Empty>
        ) : (
          <LogList
            lines={lines}
            search={search}
            current={current}
            {...looks}
            follow={follow}
            onFollow={setFollow}
          />
        )}
        {!follow && (
          <div className="absolute inset-x-0 bottom-3 flex justify-center">
            <Button look="primary" className="shadow-float" onClick={() => setFollow(true)}>
              {fresh === 0 ? "Follow the end" : countOf(fresh, "new line")}
              <span aria-hidden="true">↓</span>
            </Button>
          </div>
        )}
      </div>
      <p className="px-4 py-2 text-xs text-faint tabular">
        {countOf(lines.length, "line")}
        {log.dropped > 0 &&
          `; ${formatCount(log.dropped)} older ones were dropped here, where ${formatCount(maxLogLines)} are kept`}
      </p>
    </Panel>
  );
}

export interface LogLooks {
  readonly wrap: boolean;
  readonly times: boolean;
}

/** How a person likes to read logs; remembered in this browser. */
function useLooks(): readonly [LogLooks, (looks: LogLooks) => void] {
  const [looks, setLooks] = useState<LogLooks>(() => ({
    wrap: readPreference("vdc.log.wrap") !== "off",
    times: readPreference("vdc.log.times") !== "off",
  }));
  return [
    looks,
    (next) => {
      setLooks(next);
      writePreference("vdc.log.wrap", next.wrap ? "on" : "off");
      writePreference("vdc.log.times", next.times ? "on" : "off");
    },
  ];
}

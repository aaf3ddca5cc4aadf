import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { cx } from "#console/kit/class-names.ts";
import type { LogLine } from "#console/lib/log-buffer.ts";
import type { Search } from "#console/lib/log-search.ts";
import { estimateRows, windowOf } from "#console/lib/log-window.ts";
import { LogRow, rowPx } from "#console/pages/app-live/log-row.tsx";

/** Rows drawn beyond what is seen, on each side. */
const marginPx = 600;
/** This near to the end, a reader follows. */
const endPx = 24;
/** What stands before the text when times are shown: time and instance, in characters. */
const prefixColumns = 24;

/**
 * The lines that are seen, of as many as there are. Heights are reckoned from the characters; a wrong guess moves the
 * scrollbar and never a line. While `follow` is on, the end stays in sight; scrolling up turns it off.
 */
export function LogList(props: {
  readonly lines: readonly LogLine[];
  readonly search: Search;
  readonly current: LogLine | undefined;
  readonly wrap: boolean;
  readonly times: boolean;
  readonly follow: boolean;
  readonly onFollow: (follow: boolean) => void;
}) {
  const { lines, wrap, times, follow, current } = props;
  const frame = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 480, columns: 100 });
  const lastTop = useRef(0);
  const offsets = useMemo(
    () => estimateRows(lines, wrap ? Math.max(20, view.columns - (times ? prefixColumns : 2)) : undefined),
    [lines, wrap, times, view.columns],
  );
  const { from, to } = windowOf(offsets, rowPx, follow ? Infinity : view.top, view.height, marginPx);

  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const measure = () =>
      setView((before) => ({
        ...before,
        height: element.clientHeight,
        // 12 px of a monospaced face: 7.2 px a character.
        columns: Math.floor((element.clientWidth - 24) / 7.23),
      }));
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    if (follow && frame.current !== null) {
      frame.current.scrollTop = frame.current.scrollHeight;
      lastTop.current = frame.current.scrollTop;
    }
    // All of these move the end.
  }, [follow, lines, wrap, times, view.height]);

  useLayoutEffect(() => {
    const element = frame.current;
    const at = current === undefined ? -1 : lines.findIndex((line) => line.id === current.id);
    if (element === null || at === -1) return;
    element.scrollTop = (offsets[at] ?? 0) * rowPx - element.clientHeight / 2;
    // Only a new match moves the view; new offsets of the same lines do not.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [current]);

  const onScroll = () => {
    const element = frame.current;
    if (element === null) return;
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight <= endPx;
    const wentUp = element.scrollTop < lastTop.current;
    lastTop.current = element.scrollTop;
    setView((before) => ({ ...before, top: element.scrollTop }));
    if (follow && wentUp && !isAtEnd) props.onFollow(false);
    else if (!follow && isAtEnd && !wentUp) props.onFollow(true);
  };

  return (
    // What scrolls has to take the keyboard (WCAG 2.1.1); its keys are those of scrolling.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      ref={frame}
      role="log"
      aria-label="Log lines"
      aria-live="off"
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      onScroll={onScroll}
      onKeyDown={(event) => {
        if (event.key === "End") props.onFollow(true);
      }}
      className={cx(
        "h-[max(20rem,calc(100dvh-29rem))] overscroll-contain border-y border-line bg-ground font-mono text-xs leading-5 [overflow-anchor:none] focus-visible:-outline-offset-2",
        wrap ? "overflow-x-hidden overflow-y-auto" : "overflow-auto",
      )}
    >
      <div style={{ height: (offsets[from] ?? 0) * rowPx }} />
      <div className={wrap ? "" : "w-max min-w-full"}>
        {lines.slice(from, to).map((line) => (
          <LogRow
            key={line.id}
            line={line}
            search={props.search}
            isCurrent={line === current}
            wrap={wrap}
            times={times}
          />
        ))}
      </div>
      <div style={{ height: ((offsets.at(-1) ?? 0) - (offsets[to] ?? 0)) * rowPx }} />
    </div>
  );
}

import { memo, type CSSProperties, type ReactNode } from "react";
import { cx } from "#console/kit/class-names.ts";
import { parseAnsi, type AnsiRun, type AnsiStyle } from "#console/lib/ansi.ts";
import { formatClock } from "#console/lib/format.ts";
import type { LogLine } from "#console/lib/log-buffer.ts";
import { matchesIn, type Search } from "#console/lib/log-search.ts";

export const rowPx = 20;

/** One line: when, who, what. The text of a program is text and nothing else. */
export const LogRow = memo(function LogRow(props: {
  readonly line: LogLine;
  readonly search: Search;
  readonly isCurrent: boolean;
  readonly wrap: boolean;
  readonly times: boolean;
}) {
  const { line, wrap } = props;
  const { entry } = line;
  return (
    <div
      data-current={props.isCurrent || undefined}
      className={cx(
        "flex min-h-5 gap-3 px-3 hover:bg-hover",
        entry.stream === "stderr" && "shadow-[inset_2px_0_0_var(--warn)]",
        entry.stream === "vdc" && "shadow-[inset_2px_0_0_var(--accent)]",
        props.isCurrent && "bg-accent-soft",
      )}
    >
      {props.times && (
        <time dateTime={entry.at} title={entry.at} className="shrink-0 text-faint tabular">
          {formatClock(Date.parse(entry.at))}
        </time>
      )}
      <span className="w-[9ch] shrink-0 truncate text-faint max-sm:hidden" title={entry.instance}>
        {shortName(entry.instance)}
      </span>
      <span className="sr-only">{entry.stream === "stdout" ? "" : `${entry.stream}: `}</span>
      <span
        dir="ltr"
        className={cx(
          "min-w-0",
          wrap ? "break-all whitespace-pre-wrap" : "whitespace-pre",
          entry.stream === "vdc" ? "text-dim" : "text-ink",
        )}
      >
        {drawn(parseAnsi(entry.text), line.plain, props.search)}
      </span>
    </div>
  );
});

/** `newsroom-web-1-k3f9` → `1-k3f9`: what tells instances apart is at the end. */
function shortName(instance: string): string {
  return instance.split("-").slice(-2).join("-");
}

/** Runs of colour, cut where a match begins or ends. Runs joined are `plain`, so places fit. */
function drawn(runs: readonly AnsiRun[], plain: string, search: Search): readonly ReactNode[] {
  const marks = matchesIn(plain, search);
  const parts: ReactNode[] = [];
  let at = 0;
  let mark = 0;
  for (const run of runs) {
    const end = at + run.text.length;
    const start = at;
    while (at < end) {
      while ((marks[mark]?.[1] ?? Infinity) <= at) mark += 1;
      const [from, to] = marks[mark] ?? [Infinity, Infinity];
      const isIn = at >= from;
      const stop = Math.min(end, isIn ? to : from);
      parts.push(
        <Run key={at} style={run.style} marked={isIn} text={run.text.slice(at - start, stop - start)} />,
      );
      at = stop;
    }
  }
  return parts;
}

function Run(props: { readonly style: AnsiStyle; readonly marked: boolean; readonly text: string }) {
  const looks = appearance(props.style);
  if (props.marked)
    return (
      <mark className="rounded-[2px] bg-warn-soft font-medium text-ink outline-1 outline-warn">
        {props.text}
      </mark>
    );
  return looks === undefined ? props.text : <span style={looks}>{props.text}</span>;
}

/** The basic colours in the theme's own, readable on its ground: 0 to 7; the bright ones look the same. */
const inks = [
  "var(--dim)",
  "var(--bad)",
  "var(--good)",
  "var(--warn)",
  "var(--chart-4)",
  "var(--chart-3)",
  "var(--accent)",
  "var(--ink)",
];
const grounds = [
  "var(--sunken)",
  "var(--bad-soft)",
  "var(--good-soft)",
  "var(--warn-soft)",
  "var(--sunken)",
  "var(--sunken)",
  "var(--accent-soft)",
  "var(--sunken)",
];

function appearance(style: AnsiStyle): CSSProperties | undefined {
  if (Object.keys(style).length === 0) return undefined;
  const isOnColour = style.background !== undefined || style.inverse === true;
  const ground = style.inverse === true ? (style.colour ?? 7) : style.background;
  const colour = style.colour === 8 ? "var(--faint)" : inks[(style.colour ?? 7) % 8];
  return {
    // On a ground of its own, text is ink: no pair of colours that a program picks can hide it.
    ...(isOnColour
      ? { background: grounds[(ground ?? 0) % 8], color: "var(--ink)" }
      : style.colour === undefined
        ? style.dim === true
          ? { color: "var(--faint)" }
          : {}
        : { color: colour }),
    ...(style.bold === true ? { fontWeight: 600 } : {}),
    ...(style.italic === true ? { fontStyle: "italic" } : {}),
    ...(style.underline === true || style.struck === true
      ? {
          textDecorationLine: `${style.underline === true ? "underline" : ""} ${style.struck === true ? "line-through" : ""}`,
        }
      : {}),
  };
}

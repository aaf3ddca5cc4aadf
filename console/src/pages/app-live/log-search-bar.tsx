import { CaseSensitive, ChevronDown, ChevronUp, Copy, Download, Eraser, Pause, Play } from "lucide-react";
import { IconButton } from "#console/kit/button.tsx";
import { cx } from "#console/kit/class-names.ts";
import { copyText } from "#console/kit/copy.tsx";
import { TextField } from "#console/kit/field.tsx";
import { say } from "#console/kit/toast.tsx";
import { countOf, formatCount } from "#console/lib/format.ts";
import type { LogLine } from "#console/lib/log-buffer.ts";
import type { Search } from "#console/lib/log-search.ts";

/** Enter goes to the next match, Shift and Enter to the one before, Escape ends the search. */
export function LogSearch(props: {
  readonly search: Search;
  readonly onSearch: (search: Search) => void;
  readonly count: number;
  readonly at: number | undefined;
  readonly onStep: (by: 1 | -1) => void;
}) {
  const { search, count, at } = props;
  const isEmpty = search.text === "";
  return (
    <div role="search" aria-label="Search in these lines" className="flex flex-wrap items-center gap-1">
      <div className="w-72 min-w-0 max-sm:w-full">
        <TextField
          label="Search in these lines"
          hideLabel
          type="search"
          placeholder="Search in these lines"
          value={search.text}
          maxLength={200}
          onChange={({ target }) => props.onSearch({ ...search, text: target.value })}
          onKeyDown={(event) => {
            if (event.key === "Enter") props.onStep(event.shiftKey ? -1 : 1);
            else if (event.key === "Escape") props.onSearch({ ...search, text: "" });
            else return;
            event.preventDefault();
          }}
        />
      </div>
      <IconButton
        label="Match case"
        aria-pressed={search.matchCase}
        onClick={() => props.onSearch({ ...search, matchCase: !search.matchCase })}
        className={cx(search.matchCase && "bg-accent-soft text-accent")}
      >
        <CaseSensitive size={17} aria-hidden="true" />
      </IconButton>
      <IconButton label="Match before" disabled={count === 0} onClick={() => props.onStep(-1)}>
        <ChevronUp size={16} aria-hidden="true" />
      </IconButton>
      <IconButton label="Next match" disabled={count === 0} onClick={() => props.onStep(1)}>
        <ChevronDown size={16} aria-hidden="true" />
      </IconButton>
      <span role="status" className="ml-1 text-xs text-dim tabular">
        {isEmpty
          ? ""
          : count === 0
            ? "no line matches"
            : at === undefined
              ? countOf(count, "line matches", "lines match")
              : `${formatCount(at + 1)} of ${formatCount(count)}`}
      </span>
    </div>
  );
}

/** What can be done with the lines that are shown. */
export function LogActions(props: {
  readonly lines: readonly LogLine[];
  readonly app: string;
  readonly paused: boolean;
  readonly onPause: (paused: boolean) => void;
  readonly onClear: () => void;
}) {
  const { lines, paused } = props;
  return (
    <>
      <IconButton label={paused ? "Go on" : "Pause"} onClick={() => props.onPause(!paused)}>
        {paused ? <Play size={15} aria-hidden="true" /> : <Pause size={15} aria-hidden="true" />}
      </IconButton>
      <IconButton
        label="Copy these lines"
        disabled={lines.length === 0}
        onClick={() => {
          void copyText(textOf(lines)).then((done) =>
            done
              ? say(`${countOf(lines.length, "line")} copied`)
              : say("Not copied", { tone: "bad", description: "The browser did not allow it." }),
          );
        }}
      >
        <Copy size={15} aria-hidden="true" />
      </IconButton>
      <IconButton
        label="Download these lines"
        disabled={lines.length === 0}
        onClick={() => download(`${props.app}.log`, textOf(lines))}
      >
        <Download size={15} aria-hidden="true" />
      </IconButton>
      <IconButton label="Clear what is shown" disabled={lines.length === 0} onClick={props.onClear}>
        <Eraser size={15} aria-hidden="true" />
      </IconButton>
    </>
  );
}

/** As `vdc logs` prints them: time, instance, text; without escape sequences. */
function textOf(lines: readonly LogLine[]): string {
  return lines.map(({ entry, plain }) => `${entry.at} ${entry.instance} ${plain}\n`).join("");
}

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

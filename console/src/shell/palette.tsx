import { Dialog as Base } from "@base-ui/react/dialog";
import { Search } from "lucide-react";
import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { useNavigate } from "react-router";
import type { Me } from "#api/accounts.ts";
import { may } from "#console/data/permissions.ts";
import { useAppsOf } from "#console/data/app-queries.ts";
import { useBucketsOf } from "#console/data/object-queries.ts";
import { useMachines, useProjects } from "#console/data/queries.ts";
import { signOut } from "#console/data/session.tsx";
import { toggleTheme } from "#console/data/theme.ts";
import { cx } from "#console/kit/class-names.ts";
import { say } from "#console/kit/toast.tsx";
import { fuzzyFilter, fuzzyMatch } from "#console/lib/fuzzy.ts";
import { overlay } from "#console/shell/overlay-store.ts";
import { paletteCommands, type Command } from "#console/shell/palette-commands.ts";

/** Results that are shown; who wants others types on. */
const maxResults = 40;

/** Finds pages, things and actions by a few letters, with the keyboard alone (WAI-ARIA combobox with a listbox). */
export function Palette(props: { readonly me: Me; readonly open: boolean; readonly onClose: () => void }) {
  return (
    <Base.Root open={props.open} onOpenChange={(open) => !open && props.onClose()}>
      <Base.Portal>
        <Base.Backdrop className="float fixed inset-0 z-40 bg-scrim" />
        <Base.Popup
          aria-label="Search and do"
          className="float fixed inset-x-0 top-[12dvh] z-50 mx-auto flex max-h-[70dvh] w-[min(40rem,calc(100vw-2rem))] flex-col overflow-hidden rounded-lg bg-raised shadow-float data-[starting-style]:-translate-y-2 max-sm:top-4"
        >
          <Results me={props.me} onClose={props.onClose} />
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

function useCommands(me: Me): readonly Command[] {
  const navigate = useNavigate();
  const { projects } = useProjects();
  const { machines } = useMachines(may(me, "machine.view"));
  const names = projects?.map(({ name }) => name) ?? [];
  const { items: apps } = useAppsOf(names);
  const { items: buckets } = useBucketsOf(names);
  return useMemo(
    () =>
      paletteCommands(
        me,
        { apps: apps ?? [], buckets: buckets ?? [], projects: projects ?? [], machines: machines ?? [] },
        {
          go: (to) => void navigate(to),
          createProject: () => overlay.set("create-project"),
          toggleTheme,
          showOperations: () => overlay.set("operations"),
          showShortcuts: () => overlay.set("shortcuts"),
          signOut: () => {
            signOut().catch(() => say("Signing out failed", { tone: "bad", description: "Try again." }));
          },
        },
      ),
    [me, apps, buckets, projects, machines, navigate],
  );
}

function Results(props: { readonly me: Me; readonly onClose: () => void }) {
  const commands = useCommands(props.me);
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const id = useId();
  const found = useMemo(
    () => fuzzyFilter(query, commands, (item) => `${item.label} ${item.detail ?? ""}`).slice(0, maxResults),
    [query, commands],
  );
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  });

  function run(command: Command | undefined): void {
    if (command === undefined) return;
    props.onClose();
    command.run();
  }

  function onKeyDown(event: KeyboardEvent): void {
    const last = found.length - 1;
    if (event.key === "ArrowDown") setActive(active >= last ? 0 : active + 1);
    else if (event.key === "ArrowUp") setActive(active <= 0 ? last : active - 1);
    else if (event.key === "Home") setActive(0);
    else if (event.key === "End") setActive(last);
    else if (event.key === "Enter") run(found[active]?.item);
    else return;
    event.preventDefault();
  }

  return (
    <>
      <div className="flex items-center gap-3 border-b border-line px-4">
        <Search size={16} aria-hidden="true" className="shrink-0 text-faint" />
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={found.length === 0 ? undefined : `${id}-${active}`}
          aria-autocomplete="list"
          aria-label="Search pages, apps, projects and actions"
          placeholder="Search pages, apps, projects and actions"
          autoComplete="off"
          spellCheck={false}
          autoFocus
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setActive(0);
          }}
          onKeyDown={onKeyDown}
          className="h-12 min-w-0 grow bg-transparent text-md text-ink outline-none"
        />
        <kbd className="text-2xs text-faint max-sm:hidden">Esc</kbd>
      </div>
      <ul
        ref={list}
        id={`${id}-list`}
        role="listbox"
        aria-label="Results"
        className="overflow-y-auto overscroll-contain p-1.5"
      >
        {found.map(({ item }, at) => (
          <Result
            key={item.id}
            id={`${id}-${at}`}
            command={item}
            query={query}
            active={at === active}
            onPoint={() => setActive(at)}
            onRun={() => run(item)}
          />
        ))}
      </ul>
      {found.length === 0 && <p className="px-4 pt-2 pb-5 text-dim">Nothing fits “{query}”.</p>}
      <div role="status" className="sr-only">
        {query === "" ? "" : `${found.length} results`}
      </div>
    </>
  );
}

function Result(props: {
  readonly id: string;
  readonly command: Command;
  readonly query: string;
  readonly active: boolean;
  readonly onPoint: () => void;
  readonly onRun: () => void;
}) {
  const { command } = props;
  return (
    // The keyboard acts through the combobox that owns this list; the option itself takes only the pointer.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <li
      id={props.id}
      role="option"
      aria-selected={props.active}
      onPointerMove={props.onPoint}
      onClick={props.onRun}
      className={cx(
        "flex min-h-9 cursor-default items-center gap-3 rounded-md px-3 max-sm:min-h-11",
        props.active && "bg-accent-soft",
      )}
    >
      <span className="truncate text-ink">
        <Marked text={command.label} query={props.query} />
      </span>
      {command.detail !== undefined && <span className="truncate text-dim">{command.detail}</span>}
      <span className={cx("ml-auto shrink-0 text-xs", props.active ? "text-dim" : "text-faint")}>
        {command.group}
      </span>
    </li>
  );
}

/** The letters that were found, stronger. */
function Marked(props: { readonly text: string; readonly query: string }) {
  const match = fuzzyMatch(props.query, props.text);
  if (match === undefined || match.positions.length === 0) return props.text;
  const taken = new Set(match.positions);
  return Array.from(props.text).map((letter, at) =>
    taken.has(at) ? (
      <b key={at} className="font-semibold">
        {letter}
      </b>
    ) : (
      letter
    ),
  );
}

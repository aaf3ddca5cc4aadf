import { Aperture, CircleQuestionMark, CloudOff, LogOut, Redo2, Undo2 } from "lucide-react";
import { useMemo, useState } from "react";
import { Link, Outlet } from "react-router";
import { signOut, useMe } from "../data/session.tsx";
import { IconButton } from "../kit/button.tsx";
import { Toasts } from "../kit/toast.tsx";
import { history, useHistory } from "../lib/undo.ts";
import { useShortcuts } from "../lib/shortcuts.ts";
import { start } from "../lib/start.ts";
import { HelpSheet } from "./help-sheet.tsx";
import { useOnline } from "./online.ts";

/** The frame around every view: where one is, what can be taken back, who one is. */
export function Shell() {
  const me = useMe();
  const { undo, redo } = useHistory();
  const isOnline = useOnline();
  const [isHelp, setHelp] = useState(false);
  useShortcuts(
    useMemo(
      () => ({
        "mod+z": () => void history.undo(),
        "mod+shift+z": () => void history.redo(),
        "mod+y": () => void history.redo(),
        "shift+?": () => setHelp(true),
        "?": () => setHelp(true),
      }),
      [],
    ),
  );
  return (
    <div className="flex min-h-dvh flex-col">
      <header className="sticky top-0 z-30 flex h-12 items-center gap-2 border-b border-line bg-ground px-3">
        <Link to="/" className="flex items-center gap-2 rounded-md px-1 font-semibold whitespace-nowrap">
          <Aperture size={20} aria-hidden="true" className="text-accent" />
          Darkroom
        </Link>
        <div className="grow" />
        <IconButton
          label={undo === undefined ? "Nothing to undo" : `Undo ${undo}`}
          disabled={undo === undefined}
          onClick={() => void history.undo()}
        >
          <Undo2 size={16} aria-hidden="true" />
        </IconButton>
        <IconButton
          label={redo === undefined ? "Nothing to redo" : `Redo ${redo}`}
          disabled={redo === undefined}
          onClick={() => void history.redo()}
        >
          <Redo2 size={16} aria-hidden="true" />
        </IconButton>
        <IconButton label="Keys (?)" onClick={() => setHelp(true)}>
          <CircleQuestionMark size={16} aria-hidden="true" />
        </IconButton>
        {(me === undefined || !isOnline) && (
          <span
            className="flex items-center gap-1.5 rounded-full border border-line px-2 py-0.5 text-xs text-dim"
            title="What was seen before is here; changes and merges on the cluster need the network."
          >
            <CloudOff size={12} aria-hidden="true" /> offline
          </span>
        )}
        {me !== undefined && (
          <>
            <a
              href={me.console}
              className="max-w-40 truncate rounded-md px-2 text-dim hover:text-ink max-sm:max-w-20"
              title="The data center's console"
            >
              {me.user}
            </a>
            <IconButton label="Sign out" onClick={() => start("You are still signed in", signOut)}>
              <LogOut size={16} aria-hidden="true" />
            </IconButton>
          </>
        )}
      </header>
      <main className="flex grow flex-col">
        <Outlet />
      </main>
      <HelpSheet open={isHelp} onClose={() => setHelp(false)} />
      <Toasts />
    </div>
  );
}

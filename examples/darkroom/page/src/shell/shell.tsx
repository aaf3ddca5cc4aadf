import { Aperture, Redo2, Undo2 } from "lucide-react";
import { useMemo } from "react";
import { Link, Outlet } from "react-router";
import { useMe } from "../data/session.tsx";
import { IconButton } from "../kit/button.tsx";
import { Toasts } from "../kit/toast.tsx";
import { history, useHistory } from "../lib/undo.ts";
import { useShortcuts } from "../lib/shortcuts.ts";

/** The frame around every view: where one is, what can be taken back, who one is. */
export function Shell() {
  const me = useMe();
  const { undo, redo } = useHistory();
  useShortcuts(
    useMemo(
      () => ({
        "mod+z": () => void history.undo(),
        "mod+shift+z": () => void history.redo(),
        "mod+y": () => void history.redo(),
      }),
      [],
    ),
  );
  return (
    <div className="flex min-h-dvh flex-col">
      <header className="sticky top-0 z-30 flex h-12 items-center gap-2 border-b border-line bg-ground px-3">
        <Link to="/" className="flex items-center gap-2 rounded-md px-1 font-semibold">
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
        {me === undefined ? (
          <span className="rounded-full border border-line px-2 py-0.5 text-xs text-dim">offline</span>
        ) : (
          <a
            href={me.console}
            className="rounded-md px-2 text-dim hover:text-ink"
            title="The data center's console"
          >
            {me.user}
          </a>
        )}
      </header>
      <main className="flex grow flex-col">
        <Outlet />
      </main>
      <Toasts />
    </div>
  );
}

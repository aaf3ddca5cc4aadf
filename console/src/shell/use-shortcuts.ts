import { useEffect } from "react";
import { useNavigate } from "react-router";
import type { Me } from "#api/accounts.ts";
import { singleKeys } from "#console/data/shortcuts.ts";
import { browserClock } from "#console/lib/clock.ts";
import { placesFor } from "#console/shell/navigation.ts";
import { overlay } from "#console/shell/overlay-store.ts";

/** The second key of a pair has to come this soon. */
const pairMs = 1200;

/** A dialog that fades away (Base UI marks it) is no longer in the way of the next key. */
const openDialog = "[role=dialog]:not([data-closed], [data-ending-style])";

/** Ctrl or ⌘ with K everywhere; single keys only where nothing is being typed and nothing lies over the page. */
export function useShortcuts(me: Me): void {
  const navigate = useNavigate();
  useEffect(() => {
    let afterG = false;
    let cancel = () => {};

    function onKey(event: KeyboardEvent): void {
      if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        overlay.set(overlay.get() === "palette" ? "none" : "palette");
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || !singleKeys.get()) return;
      if (isTyping(event.target) || overlay.get() !== "none" || document.querySelector(openDialog) !== null)
        return;
      if (afterG) {
        afterG = false;
        const place = placesFor(me).find((candidate) => candidate.key === event.key);
        if (place === undefined) return;
        event.preventDefault();
        void navigate(place.to);
      } else if (event.key === "g") {
        afterG = true;
        cancel();
        cancel = browserClock.after(pairMs, () => (afterG = false));
      } else runSingle(event);
    }

    document.addEventListener("keydown", onKey);
    return () => {
      cancel();
      document.removeEventListener("keydown", onKey);
    };
  }, [me, navigate]);
}

function runSingle(event: KeyboardEvent): void {
  if (event.key === "?") overlay.set("shortcuts");
  else if (event.key === "o") overlay.set("operations");
  else if (event.key === "/") {
    const search = document.querySelector<HTMLInputElement>("main input[type=search]");
    if (search === null) return;
    search.focus();
  } else return;
  event.preventDefault();
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest("[data-closed], [data-ending-style]") !== null) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

import { useEffect } from "react";

/** Keys such as `mod+z`, `mod+shift+z`, `h`, `arrowright`; `mod` is Ctrl, or Command on a Mac. */
export type Shortcuts = Readonly<Record<string, () => void>>;

/** Runs what a key is bound to while the component is shown; never while somebody types into a field. */
export function useShortcuts(shortcuts: Shortcuts): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      // A control that used the key said so: an arrow that moves a slider moves nothing else.
      if (event.defaultPrevented) return;
      if (event.target instanceof HTMLElement && isForTarget(event, event.target)) return;
      const action = shortcuts[keyOf(event)];
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [shortcuts]);
}

/** Whether a control wants the key itself: fields want all, radio buttons and checkboxes those that choose. */
function isForTarget({ key }: KeyboardEvent, target: HTMLElement): boolean {
  if (target.matches("input[type=radio], input[type=checkbox]"))
    return key === " " || key === "Enter" || key.startsWith("Arrow");
  return target.matches("input:not([type=range]), textarea, select, [contenteditable]");
}

function keyOf(event: KeyboardEvent): string {
  // Where brackets need AltGr, Windows tells of Ctrl and Alt besides.
  if (event.getModifierState("AltGraph")) return event.key.toLowerCase();
  const mod = event.ctrlKey || event.metaKey ? "mod+" : "";
  const shift = event.shiftKey ? "shift+" : "";
  const alt = event.altKey ? "alt+" : "";
  return `${mod}${alt}${shift}${event.key.toLowerCase()}`;
}

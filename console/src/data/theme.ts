import { createStore } from "#console/lib/store.ts";

export type ThemeChoice = "system" | "light" | "dark";

const key = "vdc.theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");

function remembered(): ThemeChoice {
  const value = readPreference(key);
  return value === "light" || value === "dark" ? value : "system";
}

export const themeChoice = createStore<ThemeChoice>(remembered());
/** What is shown: charts redraw when it changes. */
export const shownTheme = createStore<"light" | "dark">("light");

function show(): void {
  const choice = themeChoice.get();
  const shown = choice === "system" ? (dark.matches ? "dark" : "light") : choice;
  document.documentElement.dataset["theme"] = shown;
  shownTheme.set(shown);
}

export function startTheme(): void {
  dark.addEventListener("change", show);
  show();
}

export function chooseTheme(choice: ThemeChoice): void {
  themeChoice.set(choice);
  writePreference(key, choice);
  show();
}

export function toggleTheme(): void {
  chooseTheme(shownTheme.get() === "dark" ? "light" : "dark");
}

/** Preferences live in this browser; without storage (private windows, policies) they last as long as the page. */
export function readPreference(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // storage is refused: the default holds
  }
}

export function writePreference(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Storage is refused: the choice lasts as long as the page.
  }
}

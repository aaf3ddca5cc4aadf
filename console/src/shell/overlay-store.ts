import { createStore } from "#console/lib/store.ts";

/** What lies over the page; at most one. */
export type Overlay = "none" | "palette" | "operations" | "shortcuts" | "create-project";

export const overlay = createStore<Overlay>("none");

export function closeOverlay(): void {
  overlay.set("none");
}

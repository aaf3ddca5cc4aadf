import { readPreference, writePreference } from "#console/data/theme.ts";
import { createStore } from "#console/lib/store.ts";

const key = "vdc.single-keys";

/** Whether keys without a modifier do something (WCAG 2.1.4 asks that they can be turned off). */
export const singleKeys = createStore(readPreference(key) !== "off");

export function chooseSingleKeys(on: boolean): void {
  singleKeys.set(on);
  writePreference(key, on ? "on" : "off");
}

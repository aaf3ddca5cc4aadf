import type { Change, Event, Operation } from "#api/records.ts";
import type { Resource } from "#api/resource.ts";

/** A list as the cache holds it; `revision` is the one it was read at. */
export interface ResourceList {
  readonly items: readonly Resource[];
  readonly revision: number;
  /** True when there were more than the console reads. */
  readonly truncated: boolean;
}

/** A page of history that grows at its top by the feed and at its bottom by the reader. */
export interface History<T> {
  readonly items: readonly T[];
  /** True when nothing older is left to read. */
  readonly complete: boolean;
}

/** More than this many events or operations are forgotten from the bottom; they can be read again. */
export const maxHistory = 1000;

/** The list after a change. A change that the list or the item already holds leaves the same object. */
export function changeList(list: ResourceList, change: Change): ResourceList {
  if (change.revision <= list.revision) return list;
  const wanted = asResource(change);
  const at = list.items.findIndex((item) => item.name === wanted.name && item.project === wanted.project);
  const held = list.items[at];
  if (held !== undefined && held.revision >= change.revision) return list;
  if (change.type === "deleted")
    return held === undefined ? list : { ...list, items: list.items.toSpliced(at, 1) };
  if (held !== undefined) return { ...list, items: list.items.with(at, wanted) };
  const place = list.items.findIndex((item) => item.name > wanted.name);
  return { ...list, items: list.items.toSpliced(place < 0 ? list.items.length : place, 0, wanted) };
}

/** One resource after a change to it; null when it is gone. */
export function changeResource(held: Resource | null, change: Change): Resource | null {
  if (held !== null && held.revision >= change.revision) return held;
  return change.type === "deleted" ? null : asResource(change);
}

/** Events, newest first. */
export function addEvent(history: History<Event>, change: Change): History<Event> {
  const event = change.object as unknown as Event; // changes of kind `event` carry events
  if (history.items.some((item) => item.id === event.id)) return history;
  return bounded(
    history,
    insertByOrder(history.items, event, (a, b) => b.revision - a.revision),
  );
}

/** Operations, newest first: their ids sort by creation. */
export function changeOperation(history: History<Operation>, change: Change): History<Operation> {
  const operation = change.object as unknown as Operation; // changes of kind `operation` carry operations
  const at = history.items.findIndex((item) => item.id === operation.id);
  const held = history.items[at];
  if (held !== undefined && held.revision >= operation.revision) return history;
  if (change.type === "deleted")
    return held === undefined ? history : { ...history, items: history.items.toSpliced(at, 1) };
  if (held !== undefined) return { ...history, items: history.items.with(at, operation) };
  return bounded(
    history,
    insertByOrder(history.items, operation, (a, b) => (a.id < b.id ? 1 : -1)),
  );
}

/** Puts an older page below; what is held already stays. */
export function appendOlder<T extends { readonly id: string }>(
  history: History<T>,
  older: readonly T[],
  pageSize: number,
): History<T> {
  const held = new Set(history.items.map((item) => item.id));
  return {
    items: [...history.items, ...older.filter((item) => !held.has(item.id))],
    complete: older.length < pageSize,
  };
}

function bounded<T>(history: History<T>, items: readonly T[]): History<T> {
  return items.length <= maxHistory
    ? { ...history, items }
    : { items: items.slice(0, maxHistory), complete: false };
}

function insertByOrder<T>(items: readonly T[], item: T, order: (a: T, b: T) => number): readonly T[] {
  const place = items.findIndex((held) => order(item, held) < 0);
  return items.toSpliced(place < 0 ? items.length : place, 0, item);
}

function asResource(change: Change): Resource {
  // The feed's object is a resource of the change's kind. Its own revision may be that of the row before a
  // deletion, so the change's counts.
  return { ...(change.object as unknown as Resource), revision: change.revision };
}

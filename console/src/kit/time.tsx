import { useSyncExternalStore } from "react";
import { browserClock } from "#console/lib/clock.ts";
import { formatAgo, formatClock, formatTime } from "#console/lib/format.ts";

const tickMs = 1000;
const listeners = new Set<() => void>();
let now = browserClock.now();
let cancelTick: (() => void) | undefined;

function tick(): void {
  now = browserClock.now();
  for (const listener of listeners) listener();
  cancelTick = listeners.size === 0 ? undefined : browserClock.after(tickMs, tick);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (cancelTick === undefined) {
    now = browserClock.now();
    cancelTick = browserClock.after(tickMs, tick);
  }
  return () => listeners.delete(listener);
}

/** Wall time, once for all components, in steps of `stepMs`: who shows minutes is drawn once a minute. */
export function useNow(stepMs: number): number {
  return useSyncExternalStore(subscribe, () => Math.floor(now / stepMs) * stepMs);
}

/** `4 min ago`, with the full time for the pointer and for machines. */
export function Ago(props: { readonly at: string }) {
  const at = Date.parse(props.at);
  const current = useNow(5000);
  return (
    <time dateTime={props.at} title={formatTime(at)} className="whitespace-nowrap">
      {formatAgo(at, Math.max(current, at > current && at - current < 10_000 ? at : current))}
    </time>
  );
}

export function ClockTime(props: { readonly at: string }) {
  const at = Date.parse(props.at);
  return (
    <time dateTime={props.at} title={formatTime(at)} className="whitespace-nowrap">
      {formatClock(at)}
    </time>
  );
}

export function FullTime(props: { readonly at: string }) {
  return (
    <time dateTime={props.at} className="whitespace-nowrap">
      {formatTime(Date.parse(props.at))}
    </time>
  );
}

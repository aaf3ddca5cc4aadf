import { useEffect, useRef, useState } from "react";
import type { LogEntry } from "#api/apps.ts";
import { api } from "#console/data/api.ts";
import { keepStreaming, type StreamState } from "#console/data/keep-streaming.ts";
import { browserClock } from "#console/lib/clock.ts";
import { LogBuffer, type LogLine } from "#console/lib/log-buffer.ts";
import { useVisible } from "#console/lib/use-visible.ts";

/** Lines that a tab keeps; the oldest are dropped and counted. */
export const maxLogLines = 20_000;
const firstTail = 2000;
/** After a lost connection: as much as the server gives, to leave no hole. */
const resumeTail = 10_000;
const drawMs = 100;

export interface LogChoice {
  readonly project: string;
  readonly app: string;
  /** Empty: all of them. */
  readonly component: string;
  readonly instance: string;
}

export interface LogView {
  readonly lines: readonly LogLine[];
  readonly dropped: number;
  readonly state: StreamState;
}

const nothing: LogView = { lines: [], dropped: 0, state: { phase: "connecting" } };

/** The lines of an app: what is there, then what comes. After a lost connection it goes on where it stopped. */
export function useLogStream(choice: LogChoice): LogView & { readonly clear: () => void } {
  const { project, app, component, instance } = choice;
  const [view, setView] = useState(nothing);
  const held = useRef<{ readonly key: string; readonly buffer: LogBuffer }>(undefined);
  const visible = useVisible();
  useEffect(() => {
    if (!visible) return undefined;
    const key = JSON.stringify([project, app, component, instance]);
    if (held.current?.key !== key) held.current = { key, buffer: new LogBuffer(maxLogLines) };
    const { buffer } = held.current;
    const controller = new AbortController();
    const drawing = drawer(() =>
      setView((before) => ({ ...before, lines: buffer.lines(), dropped: buffer.dropped })),
    );
    setView({ lines: buffer.lines(), dropped: buffer.dropped, state: { phase: "connecting" } });
    const open = (onLive: () => void) =>
      readOnce(choiceOf(project, app, component, instance), buffer, controller.signal, onLive, drawing.soon);
    // Ends with the signal; failures are shown as its state.
    void keepStreaming(controller.signal, open, (state) => setView((before) => ({ ...before, state })));
    return () => {
      drawing.cancel();
      controller.abort();
    };
  }, [project, app, component, instance, visible]);
  const clear = () => {
    held.current?.buffer.clear();
    setView((before) => ({ ...before, lines: [], dropped: 0 }));
  };
  return { ...view, clear };
}

function choiceOf(project: string, app: string, component: string, instance: string): LogChoice {
  return { project, app, component, instance };
}

/** One connection: lines that are held already are left out. */
async function readOnce(
  choice: LogChoice,
  buffer: LogBuffer,
  signal: AbortSignal,
  onLive: () => void,
  draw: () => void,
): Promise<void> {
  onLive(); // a quiet app says nothing: that the stream is tried is as much as can be known
  const isKnown = buffer.recognizer();
  const query = {
    follow: "true" as const,
    tail: buffer.isEmpty ? firstTail : resumeTail,
    ...(choice.component === "" ? {} : { component: choice.component }),
    ...(choice.instance === "" ? {} : { instance: choice.instance }),
  };
  const params = { project: choice.project, name: choice.app };
  for await (const entry of api.events(api.routes["app.logs"], { params, query, signal })) {
    if (isKnown(entry satisfies LogEntry)) continue;
    buffer.push(entry);
    draw();
  }
}

/** Draws once for everything that came within `drawMs`. */
function drawer(draw: () => void) {
  let cancel: (() => void) | undefined;
  return {
    soon: () => {
      cancel ??= browserClock.after(drawMs, () => {
        cancel = undefined;
        draw();
      });
    },
    cancel: () => cancel?.(),
  };
}

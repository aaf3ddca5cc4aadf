import { useEffect, useState } from "react";
import type { LiveRequest, TrafficSample } from "#api/apps.ts";
import { api } from "#console/data/api.ts";
import { keepStreaming, type StreamState } from "#console/data/keep-streaming.ts";
import { browserClock } from "#console/lib/clock.ts";
import { useVisible } from "#console/lib/use-visible.ts";

/** Five minutes, one a second. */
export const maxTrafficSamples = 300;
/** Requests that are kept to be looked at; older ones are forgotten. */
export const maxLiveRequests = 500;
/** Requests come in bursts: the table is drawn at most this often. */
const drawMs = 200;

export interface Traffic {
  readonly samples: readonly TrafficSample[];
  readonly state: StreamState;
}

/** An app's traffic of the last minutes and what follows, while the tab is looked at. */
export function useTraffic(project: string, app: string): Traffic {
  const [traffic, setTraffic] = useState<Traffic>({ samples: [], state: { phase: "connecting" } });
  const visible = useVisible();
  useEffect(() => {
    if (!visible) return undefined;
    const { signal, stop } = stopper();
    const given = { params: { project, name: app }, signal };
    let samples: readonly TrafficSample[] = [];
    let state: StreamState = { phase: "connecting" };
    const open = async (onLive: () => void) => {
      for await (const sample of api.events(api.routes["app.traffic"], given)) {
        if (state.phase !== "live") onLive();
        if (sample.at <= (samples.at(-1)?.at ?? "")) continue; // the last minute comes again after a reconnect
        samples = [...samples.slice(1 - maxTrafficSamples), sample];
        setTraffic({ samples, state });
      }
    };
    // Ends with the signal; failures are shown as its state.
    void keepStreaming(signal, open, (next) => {
      state = next;
      setTraffic({ samples, state });
    });
    return stop;
    // The compiler's rule does not see what a `for await` in here uses.
    // oxlint-disable-next-line react/exhaustive-effect-dependencies
  }, [project, app, visible]);
  return traffic;
}

export interface LiveRequests {
  /** Newest first. */
  readonly requests: readonly LiveRequest[];
  /** How many came since the page was opened. */
  readonly seen: number;
  readonly state: StreamState;
}

/** Requests as they end, while the tab is looked at. */
export function useLiveRequests(project: string, app: string): LiveRequests {
  const [live, setLive] = useState<LiveRequests>({ requests: [], seen: 0, state: { phase: "connecting" } });
  const visible = useVisible();
  useEffect(() => {
    if (!visible) return undefined;
    const { signal, stop } = stopper();
    const given = { params: { project, name: app }, signal };
    let fresh: LiveRequest[] = [];
    let cancelDraw: (() => void) | undefined;
    const draw = () => {
      cancelDraw = undefined;
      const added = fresh.toReversed();
      fresh = [];
      setLive((held) => ({
        ...held,
        requests: [...added, ...held.requests].slice(0, maxLiveRequests),
        seen: held.seen + added.length,
      }));
    };
    const open = async (onLive: () => void) => {
      onLive(); // a quiet app says nothing: that the stream is tried is as much as can be known
      for await (const request of api.events(api.routes["app.requests"], given)) {
        fresh.push(request);
        if (fresh.length > maxLiveRequests) fresh.shift();
        cancelDraw ??= browserClock.after(drawMs, draw);
      }
    };
    // Ends with the signal; failures are shown as its state.
    void keepStreaming(signal, open, (state) => setLive((held) => ({ ...held, state })));
    return () => {
      cancelDraw?.();
      stop();
    };
    // The compiler's rule does not see what a `for await` in here uses.
    // oxlint-disable-next-line react/exhaustive-effect-dependencies
  }, [project, app, visible]);
  return live;
}

function stopper() {
  const controller = new AbortController();
  return { signal: controller.signal, stop: () => controller.abort() };
}

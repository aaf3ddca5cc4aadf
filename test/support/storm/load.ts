import { reader, uploader, type Target } from "./http1-clients.ts";
import { multiplexer } from "./http2-client.ts";
import { listener, talker } from "./socket-clients.ts";
import { Tally } from "./tally.ts";

export interface StormLoad {
  readonly tally: Tally;
  /** Ends the clients, each after what it is just doing. */
  stop(): Promise<void>;
}

/** Clients of every kind at once: a few hundred requests a second in all. */
export function startStormLoad(target: Target): StormLoad {
  const tally = new Tally();
  const stopping = new AbortController();
  const { signal } = stopping;
  const times = (count: number, client: () => Promise<void>) => Array.from({ length: count }, client);
  const running = [
    ...times(6, async () => await reader(target, tally, { signal, kept: true, pauseMs: 20 })),
    ...times(4, async () => await reader(target, tally, { signal, kept: true, pauseMs: 2_500 })),
    ...times(4, async () => await reader(target, tally, { signal, kept: false, pauseMs: 30 })),
    uploader(target, tally, { signal, method: "PUT" }),
    uploader(target, tally, { signal, method: "POST" }),
    ...times(8, async () => await talker(target, tally, { signal })),
    ...times(3, async () => await listener(target, tally, { signal })),
    ...times(2, async () => await multiplexer(target, tally, { signal, streams: 4 })),
  ];
  return {
    tally,
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
    },
  };
}

import type { Client } from "#api/client.ts";
import { pause } from "#test/crash/writers.ts";

export interface Seen {
  readonly revision: number;
  readonly type: string;
  readonly name: string;
  readonly description: string;
}

export interface Watcher {
  readonly seen: readonly Seen[];
  readonly revision: () => number;
  readonly connections: () => number;
  stop(): Promise<void>;
}

/** Follows all projects from `since` and, whenever the connection is lost, resumes after the last revision it saw. */
export function startWatcher(client: Client, since: number): Watcher {
  const stopping = new AbortController();
  const seen: Seen[] = [];
  let revision = since;
  let connections = 0;
  const follow = async () => {
    while (!stopping.signal.aborted) {
      try {
        connections += 1;
        for await (const message of client.watch({ kind: "project", since: revision }, stopping.signal)) {
          revision = message.revision;
          if (message.type !== "change") continue;
          // The only kind asked for is `project`, whose spec has a description.
          const object = message.change.object as unknown as { spec: { description: string } };
          seen.push({
            revision,
            type: message.change.type,
            name: message.change.name,
            description: object.spec.description,
          });
        }
      } catch {
        // Lost: killed with the server, or not up again yet. Resume below.
      }
      await pause(30, stopping.signal);
    }
  };
  const following = follow();
  return {
    seen,
    revision: () => revision,
    connections: () => connections,
    stop: async () => {
      stopping.abort();
      await following;
    },
  };
}

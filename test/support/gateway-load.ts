import { Agent, request } from "node:http";
import { systemClock } from "#lib/clock.ts";

/** What became of the requests of a load: how many were answered, with which bodies, and what went wrong. */
export interface LoadResult {
  readonly answered: number;
  readonly bodies: ReadonlySet<string>;
  readonly failures: readonly string[];
}

/**
 * Clients that ask again and again until they are stopped: every second one on kept connections, the others on a fresh one each time.
 */
export function startLoad(
  port: number,
  clients: number,
  {
    host = "localhost",
    path = "/",
    patienceMs = 10_000,
  }: {
    readonly host?: string;
    readonly path?: string;
    readonly patienceMs?: number;
  } = {},
): { stop(): Promise<LoadResult> } {
  const failures: string[] = [];
  const bodies = new Set<string>();
  let answered = 0;
  const stopping = new AbortController();
  const kept = new Agent({ keepAlive: true });
  const client = async (agent: Agent | false) => {
    while (!stopping.signal.aborted) {
      try {
        bodies.add(await ask(port, agent, path, host, patienceMs));
        answered += 1;
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
      }
      await systemClock.sleep(1);
    }
  };
  const running = Array.from(
    { length: clients },
    async (_, index) => await client(index % 2 === 0 ? kept : false),
  );
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
      kept.destroy();
      return { answered, bodies, failures };
    },
  };
}

/** One answer's body, over a fresh connection without an agent; rejects for anything but 200. */
export async function ask(
  port: number,
  agent: Agent | false = false,
  path = "/",
  host = "localhost",
  patienceMs = 10_000,
): Promise<string> {
  return await new Promise((resolve, reject) => {
    const sent = request(
      { host: "127.0.0.1", port, path, agent, headers: { host }, timeout: patienceMs },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.on("end", () =>
          response.statusCode === 200
            ? resolve(text)
            : reject(new Error(`status ${response.statusCode ?? 0}`)),
        );
        response.on("error", reject);
      },
    );
    sent.on("timeout", () => sent.destroy(new Error(`no answer within ${patienceMs} ms`)));
    sent.on("error", reject).end();
  });
}

import type { IncomingMessage } from "node:http";
import { openConnection } from "#bench/support/http.ts";
import { processTree } from "#bench/support/processes.ts";
import { fixedRoutes } from "#api/routes.ts";
import type { RealDataCenter } from "#test/support/real-data-center.ts";
import { description, type Target } from "./target.ts";

/** One caller may have 32 streams open; a hundred watchers are several people's. */
const callers = 5;

export async function vdcTarget(center: RealDataCenter): Promise<Target> {
  const tokens = await Promise.all(
    Array.from({ length: callers }, async (_, at) => tokenOf(center, `bench-${at}`)),
  );
  let connections = 0;
  return {
    name: "vdc",
    pids: () => processTree(center.supervisorPid() ?? 0),
    connect: () => openConnection(center.url, { authorization: `Bearer ${tokens[connections++ % callers]}` }),
    put: async (connection, key, counter) => {
      const body = JSON.stringify({ labels: { bench: "yes" }, spec: { description: description(counter) } });
      const answer = await connection.send("PUT", `/v1/projects/${key}`, body);
      if (answer.status !== 200) throw new Error(`apply answered ${answer.status}: ${answer.text}`);
    },
    listAll: async (connection) => {
      let count = 0;
      for (let next: string | undefined = ""; next !== undefined;) {
        const answer = await connection.send(
          "GET",
          `/v1/projects?limit=500${next === "" ? "" : `&continue=${encodeURIComponent(next)}`}`,
        );
        // Our own server's answer, whose shape the contract tests check.
        const page = JSON.parse(answer.text) as { items: readonly unknown[]; continue?: string };
        count += page.items.length;
        next = page.continue;
      }
      return count;
    },
    watch: (connection, expected) => {
      const opened = connection.open("GET", "/v1/watch?kind=project");
      return {
        started: opened.then(assertOpened),
        done: opened.then(async (stream) => countMarks(stream, "event: change\n", expected)),
      };
    },
  };
}

async function tokenOf(center: RealDataCenter, name: string): Promise<string> {
  await center.client.call(fixedRoutes["user.create"], { body: { name, owner: true } });
  const link = await center.client.call(fixedRoutes["user.link"], { params: { user: name } });
  const token = await center.client.call(fixedRoutes["auth.token"], {
    body: { link: link.secret, tokenName: "bench" },
  });
  return token.secret;
}

function assertOpened(stream: IncomingMessage): void {
  if (stream.statusCode !== 200) throw new Error(`watch answered ${stream.statusCode}`);
}

/** Counts how often `mark` comes in the stream, also across chunks, without parsing it. */
export function countMarks(stream: IncomingMessage, mark: string, expected: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = 0;
    let rest = "";
    stream.setEncoding("latin1");
    stream.on("data", (chunk: string) => {
      const text = rest + chunk;
      let at = 0;
      for (let found = text.indexOf(mark); found >= 0; found = text.indexOf(mark, at)) {
        seen += 1;
        at = found + mark.length;
      }
      rest = text.slice(Math.max(at, text.length - mark.length + 1));
      if (seen >= expected) resolve();
    });
    stream.on("error", reject);
  });
}

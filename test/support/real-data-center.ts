import { spawn, type ChildProcess } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient, type Client } from "#api/client.ts";
import { boundFetch, type BoundFetch } from "#drivers/bound-fetch/bound-fetch.ts";
import { liveGateways } from "#main/gateway/identity.ts";
import { waitFor } from "#test/support/wait-for.ts";
import { freePort } from "#test/support/free-port.ts";

const entry = fileURLToPath(new URL("../../src/main/vdc.ts", import.meta.url));

export interface RunningPart {
  readonly name: string;
  readonly state: string;
  readonly pid?: number;
}

/** A whole data center as users run it: supervisor, PostgreSQL and control as processes of their own. */
export interface RealDataCenter extends AsyncDisposable {
  readonly directory: string;
  readonly url: string;
  /** Over the control socket, so without signing in. */
  readonly client: Client;
  /** Another one, with connections of its own. */
  newClient(): Client;
  supervisorPid(): number | undefined;
  parts(): Promise<readonly RunningPart[]>;
  /** Starts the supervisor (again). Returns before anything is ready. */
  up(): void;
  ready(withinMs: number): Promise<void>;
  /** Everything that the supervisor said, for messages of failed tests. */
  output(): string;
}

/** Several data centers of tests run at once. */
export const anyGatewayPorts = [
  "--gateways",
  "1",
  "--http-port",
  "0",
  "--https-port",
  "0",
  "--objects-port",
  "0",
] as const;
/** What is in a data center is what the test put there. */
const empty = ["--no-sample"] as const;

/** Makes the folder and starts the first `up`. */
export async function startRealDataCenter(extraWords: readonly string[] = []): Promise<RealDataCenter> {
  const directory = mkdtempSync(join(tmpdir(), "vdc-dc-"));
  chmodSync(directory, 0o711);
  const port = await freePort();
  const words = [
    entry,
    "up",
    "--data",
    directory,
    "--port",
    String(port),
    ...anyGatewayPorts,
    ...empty,
    ...(extraWords.includes("--workers") ? [] : ["--no-workers"]),
    ...extraWords,
  ];
  const fetches: BoundFetch[] = [];
  const newClient = () => {
    const bound = boundFetch(
      { via: "unix-socket", path: join(directory, "run", "control.sock") },
      { idleMs: 20_000 },
    );
    fetches.push(bound);
    return createClient({ baseUrl: "http://localhost", timeoutMs: 10_000, fetch: bound.fetch });
  };
  let supervisor: ChildProcess | undefined;
  let output = "";

  const center: RealDataCenter = {
    directory,
    url: `http://127.0.0.1:${port}`,
    client: newClient(),
    newClient,
    supervisorPid: () => supervisor?.pid,
    parts: () => supervisorParts(join(directory, "run", "supervisor.sock")),
    up: () => {
      supervisor = spawn(process.execPath, words, {
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, VDC_DATABASE_URL: undefined },
      });
      const keep = (chunk: Buffer) => (output = (output + chunk.toString()).slice(-20_000));
      supervisor.stdout?.on("data", keep);
      supervisor.stderr?.on("data", keep);
    },
    ready: async (withinMs) => {
      const isReady = async () => {
        const answer = await fetch(`${center.url}/readyz`, { signal: AbortSignal.timeout(2000) }).catch(
          () => undefined,
        ); // not listening yet
        await answer?.body?.cancel();
        return answer?.ok === true || undefined;
      };
      await waitFor(isReady, { withinMs, what: `the data center is ready; it said:\n${output}` });
    },
    output: () => output,
    [Symbol.asyncDispose]: async () => {
      for (const bound of fetches) bound.close();
      await stop(supervisor);
      killLeftPostmaster(directory);
      for (const { pid } of liveGateways(join(directory, "run", "gateway"))) process.kill(pid, "SIGKILL"); // its supervisor was killed
      rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
  center.up();
  return center;
}

async function stop(supervisor: ChildProcess | undefined): Promise<void> {
  if (supervisor === undefined || supervisor.exitCode !== null || supervisor.signalCode !== null) return;
  const gone = new Promise((resolve) => supervisor.once("exit", resolve));
  supervisor.kill("SIGTERM");
  await gone;
}

/** A test that failed half-way may leave the database without its supervisor. */
function killLeftPostmaster(directory: string): void {
  try {
    process.kill(
      Number(readFileSync(join(directory, "postgres", "data", "postmaster.pid"), "utf8").split("\n")[0]),
      "SIGKILL",
    );
  } catch {
    // Stopped cleanly: there is no pid file, or nobody has that pid.
  }
}

export function supervisorParts(socketPath: string): Promise<readonly RunningPart[]> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path: "/v1/status", timeout: 2000 }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => resolve((JSON.parse(text) as { parts: readonly RunningPart[] }).parts));
    });
    call.on("error", reject);
    call.end();
  });
}

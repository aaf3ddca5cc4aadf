import { createHash, randomBytes } from "node:crypto";
import { Agent, request } from "node:http";
import { systemClock } from "#lib/clock.ts";
import { reasonOf, type Tally } from "./tally.ts";

/** Where a storm goes. */
export interface Target {
  readonly port: number;
  readonly securePort: number;
  readonly host: string;
}

export interface Http1Request {
  readonly kind: string;
  readonly method: "GET" | "PUT" | "POST";
  readonly path: string;
  readonly body?: Buffer;
  /** The body that the answer has to have. */
  readonly expected?: RegExp | string;
}

/** What a gateway keeps of a body so that it can send the request again, as its limits say. */
const replayBytes = 65_536;
/** Longer than any wait that a gateway may ask for. */
const answerWithinMs = 90_000;

/** Sends one request and tells the tally what came of it. Tries nothing again. */
export async function ask(
  target: Target,
  agent: Agent | false,
  asked: Http1Request,
  tally: Tally,
): Promise<void> {
  const startedAt = systemClock.monotonic();
  const { kind, method, path, body } = asked;
  let instance: string | undefined;
  try {
    const answer = await new Promise<{ status: number; text: string; release: number; stopped: boolean }>(
      (resolve, reject) => {
        const headers = {
          host: target.host,
          ...(body === undefined ? {} : { "content-length": body.length }),
        };
        const sent = request(
          { host: "127.0.0.1", port: target.port, method, path, agent, headers, timeout: answerWithinMs },
          (response) => {
            const one = (name: string) => String(response.headers[name] ?? "");
            instance = one("x-instance");
            let text = "";
            response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
            response.on("end", () =>
              resolve({
                status: response.statusCode ?? 0,
                text,
                release: Number(one("x-release")),
                stopped: one("x-stopped") !== "",
              }),
            );
            response.on("error", reject);
          },
        );
        sent.on("timeout", () => sent.destroy(new Error(`no byte within ${answerWithinMs} ms`)));
        sent.on("error", reject).end(body);
      },
    );
    if (answer.status !== 200)
      throw new Error(`status ${answer.status}: ${answer.text.slice(0, 300).trim()}`);
    if (answer.stopped) throw new Error(`answered by ${instance ?? "?"}, which had been told to stop`);
    const { expected } = asked;
    const isRight =
      expected === undefined ||
      (typeof expected === "string" ? answer.text === expected : expected.test(answer.text));
    if (!isRight) throw new Error(`another body: ${answer.text.slice(0, 100)} (${answer.text.length})`);
    tally.answered({
      kind,
      startedAt,
      endedAt: systemClock.monotonic(),
      instance: instance ?? "",
      release: answer.release,
    });
  } catch (error) {
    const unrepeatable = method === "POST" || (body?.length ?? 0) > replayBytes || instance !== undefined;
    tally.failed({
      kind,
      reason: `${method} ${path}: ${reasonOf(error)}`,
      startedAt,
      unrepeatable,
      ...(instance === undefined || instance === "" ? {} : { instance }),
    });
  }
}

const wholeStream = /^piece 0 [^]*piece 9 of [^]*\nend\n$/;
const requestsOfReaders: readonly Http1Request[] = [
  { kind: "", method: "GET", path: "/", expected: /^\w+ \d+$/ },
  { kind: "", method: "GET", path: "/", expected: /^\w+ \d+$/ },
  { kind: "", method: "GET", path: "/slow?ms=80", expected: "slow" },
  { kind: "", method: "GET", path: "/", expected: /^\w+ \d+$/ },
  { kind: "", method: "GET", path: "/stream?ms=200", expected: wholeStream },
];

/** Asks one thing after the other, on one connection that is kept, or on a fresh one each time. */
export async function reader(
  target: Target,
  tally: Tally,
  {
    signal,
    kept,
    pauseMs,
    paths,
  }: {
    readonly signal: AbortSignal;
    readonly kept: boolean;
    readonly pauseMs: number;
    /** Only these of what readers ask for. */
    readonly paths?: readonly string[];
  },
): Promise<void> {
  const agent = kept ? new Agent({ keepAlive: true, maxSockets: 1 }) : false;
  const kind = kept ? (pauseMs > 500 ? "kept, seldom used" : "kept") : "fresh";
  const asked = requestsOfReaders.filter(({ path }) => paths?.includes(path) ?? true);
  for (let n = 0; !signal.aborted; n += 1) {
    const next = asked[n % asked.length];
    if (next !== undefined) await ask(target, agent, { ...next, kind }, tally);
    await systemClock.sleep(pauseMs);
  }
  if (agent !== false) agent.destroy();
}

/** Sends bodies of 10 kB to 2 MB, and compares the hash that comes back. */
export async function uploader(
  target: Target,
  tally: Tally,
  { signal, method }: { readonly signal: AbortSignal; readonly method: "PUT" | "POST" },
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const sizes = [200_000, 10_000, 500_000, 60_000, 2_000_000];
  for (let n = 0; !signal.aborted; n += 1) {
    const body = randomBytes(sizes[n % sizes.length] ?? 1);
    const expected = createHash("sha256").update(body).digest("hex");
    await ask(target, agent, { kind: `upload ${method}`, method, path: "/echo", body, expected }, tally);
    await systemClock.sleep(100);
  }
  agent.destroy();
}

import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Load {
  readonly requests: number;
  readonly seconds: number;
  readonly failures: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly bytes: number;
}

/** Everything but the proxies runs on the other core. */
const pinned = ["-c", "1"];

/** Debian's wrk with one thread. A non-2xx answer is a failure. */
export async function wrk(
  url: string,
  options: { readonly connections: number; readonly seconds: number },
): Promise<Load> {
  const words = [
    "-t1",
    `-c${options.connections}`,
    `-d${options.seconds}s`,
    "--latency",
    "--timeout",
    "10s",
    url,
  ];
  const { stdout } = await run("taskset", [...pinned, "wrk", ...words]);
  const [, requests = "0", seconds = "0", amount = "0", unit = "B"] =
    /(\d+) requests in ([\d.]+)s, ([\d.]+)(\w+) read/.exec(stdout) ?? [];
  const errors =
    /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout)?.slice(1) ?? [];
  const refused = /Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? "0";
  return {
    requests: Number(requests),
    seconds: Number(seconds),
    failures: [...errors, refused].reduce((sum, count) => sum + Number(count), 0),
    p50Ms: duration(/50%\s+([\d.]+\w+)/.exec(stdout)?.[1]),
    p99Ms: duration(/99%\s+([\d.]+\w+)/.exec(stdout)?.[1]),
    bytes: Number(amount) * (units[unit] ?? 1),
  };
}

/** Debian's h2load (nghttp2-client) over TLS. Percentiles are not printed by it. */
export async function h2load(
  url: string,
  options: { readonly connections: number; readonly streams: number; readonly seconds: number },
): Promise<Load> {
  const words = ["-t1", `-c${options.connections}`, `-m${options.streams}`, `-D${options.seconds}`, url];
  const { stdout } = await run("taskset", [...pinned, "h2load", ...words], { maxBuffer: 4 * 1024 * 1024 });
  const [, total = "0", failed = "0", errored = "0", timeout = "0"] =
    /requests: \d+ total, \d+ started, (\d+) done, \d+ succeeded, (\d+) failed, (\d+) errored, (\d+) timeout/.exec(
      stdout,
    ) ?? [];
  return {
    requests: Number(total),
    seconds: options.seconds,
    failures: Number(failed) + Number(errored) + Number(timeout),
    p50Ms: Number.NaN,
    p99Ms: Number.NaN,
    bytes: Number.NaN,
  };
}

const units: Readonly<Record<string, number>> = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };

/** `812.00us`, `1.20ms`, `2.00s` in milliseconds. */
function duration(text: string | undefined): number {
  const [, amount = "NaN", unit = "ms"] = /^([\d.]+)(us|ms|s)$/.exec(text ?? "") ?? [];
  return Number(amount) * ({ us: 0.001, ms: 1, s: 1000 }[unit] ?? 1);
}

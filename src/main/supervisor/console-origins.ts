import type { UpOptions } from "#main/supervisor/start-options.ts";

const loopback = ["127.0.0.1", "localhost", "[::1]"];

/**
 * Origins at which browsers may meet the console: loopback and the names that its requests may have, at the port that it listens on. A
 * named host may also stand behind a proxy at HTTPS' own port. Without a port of its own (0), any one.
 */
export function consoleOrigins({
  host,
  port,
  tls,
  hosts,
}: Pick<UpOptions, "host" | "port" | "tls" | "hosts">): readonly string[] {
  const scheme = tls === undefined ? "http" : "https";
  const isUsual = port === (tls === undefined ? 80 : 443);
  const suffix = isUsual ? "" : `:${port === 0 ? "*" : port}`;
  const names = [...loopback, host.includes(":") ? `[${host}]` : host, ...hosts];
  return [
    ...new Set([
      ...names.map((name) => `${scheme}://${name}${suffix}`),
      ...hosts.map((name) => `https://${name}`),
    ]),
  ];
}

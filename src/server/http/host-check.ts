import { VdcError } from "#api/errors.ts";

/** Decides whether a `Host` header names us: a page of another name that resolves to us (DNS rebinding) does not. */
export type HostCheck = (host: string | undefined) => void;

const ipLiteral = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\])$/;
const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Loopback names, the address listened on and the configured names. When every address is listened on, any IP
 * literal is taken: rebinding needs a name. Throws `misdirected`, or `bad-request` for a host that is none.
 */
export function createHostCheck(listenHost: string, configured: readonly string[]): HostCheck {
  const listen = bracketed(listenHost.toLowerCase());
  const known = new Set([listen, ...configured.map((host) => bracketed(host.toLowerCase()))]);
  const everywhere = listen === "0.0.0.0" || listen === "[::]";
  return (header) => {
    if (header === undefined || header === "")
      throw new VdcError("bad-request", "The request has no Host header.");
    const host = hostName(header);
    if (host === undefined) throw new VdcError("bad-request", "The Host header cannot be read.");
    if (loopback.test(host) || known.has(host) || (everywhere && ipLiteral.test(host))) return;
    throw new VdcError("misdirected", `'${host.slice(0, 253)}' is not a name of this data center.`);
  };
}

/** The host without its port, in lower case and without a final dot. */
function hostName(header: string): string | undefined {
  const parts = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/.exec(header.toLowerCase());
  return parts?.[1]?.replace(/\.$/, "");
}

function bracketed(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}

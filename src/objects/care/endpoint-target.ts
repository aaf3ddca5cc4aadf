import { inRange, parseAddress, parseRange } from "#objects/s3/auth/policy/address-range.ts";

/** Addresses that only exist here, or in the operator's own networks (RFC 6890; the sixth block is RFC 6598's). */
const privateRanges = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "100.64.0.0/10",
  "192.0.0.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "224.0.0.0/3",
  "::/127",
  "64:ff9b::/96",
  "fc00::/7",
  "fe80::/10",
  "ff00::/8",
].flatMap((text) => parseRange(text) ?? []);

/** Of an IP address; what is none counts as private, for nobody can say where it leads. */
export function isPrivateAddress(address: string): boolean {
  return parseAddress(address) === undefined || privateRanges.some((range) => inRange(address, range));
}

/** Why events may not be sent there; undefined: they may. Names are looked up when they are sent, and refused then when they lead into a private network. Pure. */
export function endpointProblem(text: string, allowPrivate: boolean): string | undefined {
  if (!URL.canParse(text)) return "is not an address";
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (username !== "" || password !== "") return "must hold no user and no password; messages are signed";
  if (hash !== "") return "must have no fragment";
  const host = hostname.replace(/^\[|\]$/g, "");
  const isLocal = isLoopback(host);
  if (protocol !== "https:" && !(protocol === "http:" && isLocal))
    return "must begin with https://, or with http:// for this machine";
  const isPrivate = isLocal || (parseAddress(host) !== undefined && isPrivateAddress(host));
  return isPrivate && !allowPrivate ? "leads into a private network, which has to be allowed" : undefined;
}

function isLoopback(host: string): boolean {
  if (host === "localhost" || host.endsWith(".localhost") || host === "::1") return true;
  return parseAddress(host) !== undefined && !host.includes(":") && host.startsWith("127.");
}

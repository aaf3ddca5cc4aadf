/**
 * Whom an address stands for. An IPv6 client has at least a /64 to choose addresses from (RFC 6177), so the /64 is the client; an
 * IPv4 address written as IPv6 is the IPv4 one. What is no address stands for itself.
 */
export function clientKey(address: string): string {
  if (!address.includes(":")) return address;
  const dotted = address.lastIndexOf(":") + 1;
  if (address.includes(".", dotted) && /^::ffff:/i.test(address)) return address.slice(dotted);
  const bare = address.split("%", 1)[0] ?? address; // fe80::1%eth0
  const [head = "", tail] = bare.split("::", 2);
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  const groups = [...first, ...Array.from<string>({ length: zeros }).fill("0"), ...last];
  return `${groups.slice(0, 4).map(withoutZeros).join(":")}::/64`;
}

function withoutZeros(group: string): string {
  return group.toLowerCase().replace(/^0+(?=.)/, "");
}

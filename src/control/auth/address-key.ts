/**
 * What counts as one caller: an IPv4 address, or the /64 network of an IPv6 address, because whoever has one
 * address of it has all 2^64. Text that is no address counts as itself, clipped.
 */
export function addressKey(address: string): string {
  const text = address.toLowerCase().split("%", 1)[0] ?? "";
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/.exec(text);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!/^[0-9a-f:]{2,39}$/.test(text) || !text.includes(":")) return text.slice(0, 64);
  const [head = "", tail] = text.split("::", 2);
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array<string>(zeros).fill("0"), ...after];
  const network = groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ""));
  return `${network.join(":")}::/64`;
}

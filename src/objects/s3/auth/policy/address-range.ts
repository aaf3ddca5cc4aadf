/** A range of IP addresses, as bits: IPv4 stands at ::ffff:0:0/96, where sockets of both families show it. */
export interface AddressRange {
  readonly address: bigint;
  /** Of 128 bits. */
  readonly prefix: number;
}

const mapped = 0xffffn << 32n;

/** `192.0.2.0/24`, `2001:db8::/32` or a single address; undefined when it is neither. */
export function parseRange(text: string): AddressRange | undefined {
  const slash = text.indexOf("/");
  const bare = slash === -1 ? text : text.slice(0, slash);
  const address = parseAddress(bare);
  if (address === undefined) return undefined;
  const bits = bare.includes(":") ? 128 : 32;
  const length = slash === -1 ? String(bits) : text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(length) || Number(length) > bits) return undefined;
  return { address, prefix: 128 - bits + Number(length) };
}

export function inRange(text: string, range: AddressRange): boolean {
  const address = parseAddress(text);
  const shift = BigInt(128 - range.prefix);
  return address !== undefined && address >> shift === range.address >> shift;
}

/** IPv4 or IPv6 (RFC 4291 section 2.2), without a zone. */
export function parseAddress(text: string): bigint | undefined {
  if (!text.includes(":")) {
    const low = parseFour(text);
    return low === undefined ? undefined : mapped | low;
  }
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const four = tail === null ? undefined : parseFour(tail[2] ?? "");
  if (tail !== null && four === undefined) return undefined;
  const six =
    four === undefined ? text : `${tail?.[1]}${(four >> 16n).toString(16)}:${(four & 0xffffn).toString(16)}`;
  const halves = six.split("::");
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
  const [head = [], rest = []] = groups;
  const missing = 8 - head.length - rest.length;
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return undefined;
  const all = halves.length === 2 ? [...head, ...Array.from({ length: missing }, () => "0"), ...rest] : head;
  if (!all.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return all.reduce((address, group) => (address << 16n) | BigInt(`0x${group}`), 0n);
}

function parseFour(text: string): bigint | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  const bytes = match?.slice(1).map(Number);
  if (bytes === undefined || bytes.some((byte) => byte > 255)) return undefined;
  return bytes.reduce((address, byte) => (address << 8n) | BigInt(byte), 0n);
}

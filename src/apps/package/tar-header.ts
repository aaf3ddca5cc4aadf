import { refused } from "./refuse.ts";

export interface TarHeader {
  readonly name: string;
  readonly type: "file" | "folder" | "link" | "other";
  /** In words, for messages. */
  readonly typeName: string;
  readonly size: number;
  readonly executable: boolean;
  /** Of a link. */
  readonly target: string;
  /** Set when this is no entry but says something of the next one. */
  readonly extends?: (body: Uint8Array, extended: Extended) => void;
}

/** What extended headers say of the entry that follows. */
export interface Extended {
  name?: string;
  target?: string;
  size?: number;
}

export const maxExtendedBytes = 64 * 1024;

const types: Readonly<Record<string, readonly [type: TarHeader["type"], name: string]>> = {
  "0": ["file", "file"],
  "\0": ["file", "file"],
  "7": ["file", "file"],
  "5": ["folder", "folder"],
  "2": ["link", "symbolic link"],
  "1": ["other", "hard link"],
  "3": ["other", "character device"],
  "4": ["other", "block device"],
  "6": ["other", "named pipe"],
};

/** Reads one block (POSIX.1-2001 `pax`, ustar interchange format). Throws for what is not exactly that. */
export function readTarHeader(bytes: Uint8Array, what: string, extended: Extended): TarHeader {
  const magic = latin1(bytes, 257, 8);
  if (magic !== "ustar\u000000" && magic !== "ustar  \0")
    throw refused("not-a-package", what, "it is not a ustar or pax tar");
  checkSum(bytes, what);
  const flag = latin1(bytes, 156, 1);
  const prefix = magic.endsWith("00") ? text(bytes, 345, 155, what) : "";
  const short = text(bytes, 0, 100, what);
  const name = extended.name ?? (prefix === "" ? short : `${prefix}/${short}`);
  const [type, typeName] = types[flag] ?? ["other", `entry of type 0x${flag.charCodeAt(0).toString(16)}`];
  const size = extended.size ?? octal(bytes, 124, 12, name);
  if (type !== "file" && type !== "other" && size !== 0)
    throw refused("entry-type", name, `a ${typeName} has no content, this one has ${size} bytes`);
  const own = {
    name,
    type,
    typeName,
    size,
    executable: (octal(bytes, 100, 8, name) & 0o111) !== 0,
    target: extended.target ?? text(bytes, 157, 100, name),
  };
  const extend = extensions[flag];
  // Its own size, not the one that an extended header before it gave for the entry.
  return extend === undefined ? own : { ...own, size: octal(bytes, 124, 12, name), extends: extend };
}

const extensions: Readonly<Record<string, TarHeader["extends"]>> = {
  x: (body, extended) => {
    for (const [key, value] of paxRecords(body)) {
      if (key === "path") extended.name = once(extended.name, value, key);
      else if (key === "linkpath") extended.target = once(extended.target, value, key);
      else if (key === "size") extended.size = once(extended.size, paxSize(value), key);
      // Times, owners and attributes of other systems: nothing of them is taken over.
    }
  },
  g: (body) => {
    for (const [key] of paxRecords(body))
      if (["path", "linkpath", "size"].includes(key))
        throw refused("not-a-package", key, "a global header of a tar may not name or size entries");
  },
  L: (body, extended) => {
    extended.name = once(extended.name, untilZero(body, "a long name"), "path");
  },
  K: (body, extended) => {
    extended.target = once(extended.target, untilZero(body, "a long link"), "linkpath");
  },
};

function once<T>(before: T | undefined, value: T, key: string): T {
  if (before !== undefined) throw refused("not-a-package", key, "a tar says it twice for one entry");
  return value;
}

function* paxRecords(body: Uint8Array): Generator<readonly [string, string]> {
  let at = 0;
  while (at < body.byteLength) {
    const digits = /^(\d{1,6}) /.exec(latin1(body, at, 8))?.[1];
    const length = Number(digits);
    const record = body.subarray(at, at + length);
    const equals = record.indexOf(61);
    if (
      digits === undefined ||
      record.byteLength !== length ||
      record.at(-1) !== 10 ||
      equals <= digits.length
    )
      throw refused("not-a-package", "pax header", "a record of an extended header of the tar is broken");
    yield [
      latin1(record, digits.length + 1, equals - digits.length - 1),
      utf8(record.subarray(equals + 1, length - 1), "pax header"),
    ];
    at += length;
  }
}

function paxSize(value: string): number {
  if (!/^\d{1,15}$/.test(value))
    throw refused("not-a-package", "pax header", "a size in the tar is not a number");
  return Number(value);
}

function checkSum(bytes: Uint8Array, what: string): void {
  let sum = 8 * 32; // the field itself counts as blanks
  for (const [at, byte] of bytes.entries()) if (at < 148 || at >= 156) sum += byte;
  if (octal(bytes, 148, 8, what) !== sum)
    throw refused("not-a-package", what, "it is not a tar, or it is damaged: the sum of a header is wrong");
}

/** Only octal: other ways to write a number have been read differently by different programs. */
function octal(bytes: Uint8Array, at: number, length: number, what: string): number {
  const field = latin1(bytes, at, length)
    .replace(/^ +/, "")
    .replace(/[\0 ].*$/s, "");
  if (field === "") return 0;
  if (!/^[0-7]+$/.test(field))
    throw refused("not-a-package", what, "a number in a header of the tar is not octal");
  return Number.parseInt(field, 8);
}

function text(bytes: Uint8Array, at: number, length: number, what: string): string {
  return untilZero(bytes.subarray(at, at + length), what);
}

function untilZero(bytes: Uint8Array, what: string): string {
  const end = bytes.indexOf(0);
  return utf8(end === -1 ? bytes : bytes.subarray(0, end), what);
}

function utf8(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw refused("name", what, "a name in the tar is not UTF-8", cause);
  }
}

function latin1(bytes: Uint8Array, at: number, length: number): string {
  return Buffer.from(
    bytes.buffer,
    bytes.byteOffset + at,
    Math.max(0, Math.min(length, bytes.byteLength - at)),
  ).toString("latin1");
}

import { assert } from "#lib/assert.ts";

export type TarItem =
  | { readonly type: "folder"; readonly path: string }
  | { readonly type: "link"; readonly path: string; readonly target: string }
  | {
      readonly type: "file";
      readonly path: string;
      readonly size: number;
      readonly executable: boolean;
      readonly content: () => AsyncIterable<Uint8Array>;
    };

const block = 512;
const zeros = new Uint8Array(block);

/**
 * A tar (POSIX.1-2001 ustar; a pax header where a name is too long) that depends on names and contents alone: time, owner and
 * group are 0, modes are 0644, 0755 and 0777 for links. Written here and not by a library because its bytes are what
 * a package's digest is made of. The items come in the order of the archive. Throws when a file is not as long as was said.
 */
export async function* writeTar(
  items: Iterable<TarItem> | AsyncIterable<TarItem>,
): AsyncGenerator<Uint8Array> {
  for await (const item of items) {
    yield header(item);
    if (item.type !== "file") continue;
    let written = 0;
    for await (const chunk of item.content()) {
      written += chunk.byteLength;
      if (written > item.size) break;
      yield chunk;
    }
    if (written !== item.size) throw new FileChangedError(item.path);
    yield padding(item.size);
  }
  yield new Uint8Array(2 * block);
}

/** A file was changed while it was packed. */
export class FileChangedError extends Error {
  override readonly name = "FileChangedError";
  readonly path: string;

  constructor(path: string) {
    super(`${path} changed while it was read`);
    this.path = path;
  }
}

function header(item: TarItem): Uint8Array {
  const name = item.type === "folder" ? `${item.path}/` : item.path;
  const target = item.type === "link" ? item.target : "";
  const size = item.type === "file" ? item.size : 0;
  const long: Record<string, string> = {};
  const split = splitName(name);
  if (split === undefined) long["path"] = name;
  if (Buffer.byteLength(target) > 100) long["linkpath"] = target;
  if (size >= 8 ** 11) long["size"] = String(size);
  const own = rawHeader({
    name: split ?? { prefix: "", name: "long-name" },
    target: "linkpath" in long ? "long-name" : target,
    size: "size" in long ? 0 : size,
    mode: modeOf(item),
    flag: { file: "0", link: "2", folder: "5" }[item.type],
  });
  return Object.keys(long).length === 0 ? own : Buffer.concat([paxHeader(long), own]);
}

function modeOf(item: TarItem): number {
  if (item.type === "link") return 0o777;
  return item.type === "folder" || item.executable ? 0o755 : 0o644;
}

function paxHeader(records: Readonly<Record<string, string>>): Uint8Array {
  const body = Buffer.from(
    Object.entries(records)
      .map(([key, value]) => paxRecord(key, value))
      .join(""),
  );
  const head = rawHeader({
    name: { prefix: "", name: "pax" },
    target: "",
    size: body.length,
    mode: 0o644,
    flag: "x",
  });
  return Buffer.concat([head, body, padding(body.length)]);
}

/** `LENGTH KEY=VALUE\n`, where the length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (String(length).length !== String(rest).length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

/** ustar keeps 100 bytes of a name, and 155 of the folders before it. Undefined when it does not fit. */
function splitName(path: string): { readonly prefix: string; readonly name: string } | undefined {
  if (Buffer.byteLength(path) <= 100) return { prefix: "", name: path };
  for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) {
    const prefix = path.slice(0, at);
    const name = path.slice(at + 1);
    if (name !== "" && Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(name) <= 100)
      return { prefix, name };
  }
  return undefined;
}

function rawHeader(given: {
  readonly name: { readonly prefix: string; readonly name: string };
  readonly target: string;
  readonly size: number;
  readonly mode: number;
  readonly flag: string;
}): Uint8Array {
  const bytes = Buffer.alloc(block);
  const octal = (value: number, at: number, length: number) =>
    bytes.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, length, "latin1");
  bytes.write(given.name.name, 0, 100, "utf8");
  octal(given.mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(given.size, 124, 12);
  octal(0, 136, 12);
  bytes.write("        ", 148, 8, "latin1");
  bytes.write(given.flag, 156, 1, "latin1");
  bytes.write(given.target, 157, 100, "utf8");
  bytes.write("ustar\u000000", 257, 8, "latin1");
  bytes.write(given.name.prefix, 345, 155, "utf8");
  let sum = 0;
  for (const byte of bytes) sum += byte;
  assert(sum < 8 ** 6, "a header's sum has six octal digits");
  bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, 8, "latin1");
  return bytes;
}

function padding(size: number): Uint8Array {
  const rest = size % block;
  return rest === 0 ? zeros.subarray(0, 0) : zeros.subarray(0, block - rest);
}

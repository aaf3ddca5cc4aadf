import { createReadStream, existsSync, readdirSync, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join } from "node:path";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".wasm": "application/wasm",
};
const year = 365 * 24 * 3600;

/**
 * Files of one folder, known by their names at the start: what is not in the list does not exist, so no path of a request ever becomes one of the disk. Names with a hash in
 * them are kept by browsers for good.
 */
export class Files {
  readonly #folder: string;
  readonly #names: ReadonlySet<string>;

  constructor(folder: string) {
    this.#folder = folder;
    this.#names = new Set(
      existsSync(folder)
        ? readdirSync(folder, { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile())
            .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
        : [],
    );
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  send(
    request: IncomingMessage,
    response: ServerResponse,
    name: string,
    headers: Readonly<Record<string, string>>,
  ): void {
    const accepted = request.headers["accept-encoding"] ?? "";
    const encoding = accepted.includes("br") && this.has(`${name}.br`) ? "br" : undefined;
    const path = join(this.#folder, encoding === undefined ? name : `${name}.${encoding}`);
    const { size, mtimeMs } = statSync(path);
    const etag = `"${size.toString(36)}-${Math.floor(mtimeMs).toString(36)}${encoding ?? ""}"`;
    const isForever = /-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/.test(name);
    const all = {
      ...headers,
      etag,
      vary: "accept-encoding",
      "content-type": types[extname(name)] ?? "application/octet-stream",
      "cache-control": isForever ? `public, max-age=${year}, immutable` : "no-cache",
      ...(encoding === undefined ? {} : { "content-encoding": encoding }),
    };
    if (request.headers["if-none-match"] === etag) return void response.writeHead(304, all).end();
    response.writeHead(200, { ...all, "content-length": size });
    if (request.method === "HEAD") return void response.end();
    createReadStream(path)
      .on("error", () => response.destroy())
      .pipe(response);
  }
}

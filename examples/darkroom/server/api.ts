import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { Albums, maxAlbumBytes } from "./albums.ts";
import { readJson, Refusal, sendJson } from "./reply.ts";
import type { Settings } from "./settings.ts";
import type { Session } from "./sign-in.ts";
import { stage, stageSchema } from "./stage.ts";
import type { Store } from "./store.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const urlsSchema = z.strictObject({
  items: z
    .array(
      z.strictObject({
        operation: z.enum(["get", "put"]),
        kind: z.enum(["original", "preview", "result"]),
        hash,
        download: z.string().max(255).optional(),
      }),
    )
    .min(1)
    .max(1_000),
});
const haveSchema = z.strictObject({ hashes: z.array(hash).min(1).max(500) });
const maxRequestBytes = 512 * 1024;
const headsAtOnce = 16;

/** What the page asks of its own server; everything is the signed-in user's own. */
export class Api {
  readonly #settings: Settings;
  readonly #store: Store;

  constructor(settings: Settings, store: Store) {
    this.#settings = settings;
    this.#store = store;
  }

  async answer(
    request: IncomingMessage,
    response: ServerResponse,
    pathname: string,
    session: Session,
  ): Promise<void> {
    const { method = "GET" } = request;
    const { user } = session;
    if (pathname === "/api/me" && method === "GET") return this.#me(response, session);
    if (pathname === "/api/urls" && method === "POST") return await this.#urls(request, response, user);
    if (pathname === "/api/have" && method === "POST") return await this.#have(request, response, user);
    if (pathname === "/api/stage" && method === "POST") {
      const given = parsed(stageSchema, await readJson(request, maxRequestBytes));
      await stage(this.#store, this.#settings, user, given);
      return sendJson(response, 200, {});
    }
    if (pathname === "/api/albums" && method === "GET")
      return sendJson(response, 200, { items: await new Albums(this.#store, user).list() });
    const id = /^\/api\/albums\/([^/]+)$/.exec(pathname)?.[1];
    if (id !== undefined) return await this.#album(request, response, id, user);
    throw new Refusal(404, "There is no such address.");
  }

  #me(response: ServerResponse, { user, expiresAt }: Session): void {
    const { project, app, console: center } = this.#settings;
    sendJson(response, 200, { user, project, app, console: center.href, expiresAt });
  }

  async #album(request: IncomingMessage, response: ServerResponse, id: string, user: string): Promise<void> {
    const albums = new Albums(this.#store, user);
    switch (request.method) {
      case "GET": {
        const { album, etag } = await albums.read(id);
        return sendJson(response, 200, album, { etag });
      }
      case "PUT": {
        const ifMatch = request.headers["if-match"];
        const etag = await albums.write(id, await readJson(request, maxAlbumBytes), ifMatch);
        return sendJson(response, 200, {}, { etag });
      }
      case "DELETE":
        await albums.remove(id);
        return sendJson(response, 200, {});
      default:
        throw new Refusal(405, "An album can be read, written and removed.");
    }
  }

  async #urls(request: IncomingMessage, response: ServerResponse, user: string): Promise<void> {
    const { items } = parsed(urlsSchema, await readJson(request, maxRequestBytes));
    const urls = await Promise.all(
      items.map(
        async ({ operation, kind, hash: name, download }) =>
          await this.#store.address(operation, this.#store.keyOf(user, kind, name), { download }),
      ),
    );
    sendJson(response, 200, { urls });
  }

  async #have(request: IncomingMessage, response: ServerResponse, user: string): Promise<void> {
    const { hashes } = parsed(haveSchema, await readJson(request, maxRequestBytes));
    const found: string[] = [];
    for (let at = 0; at < hashes.length; at += headsAtOnce) {
      const some = hashes.slice(at, at + headsAtOnce);
      const sizes = await Promise.all(
        some.map(async (one) => await this.#store.size(this.#store.keyOf(user, "original", one))),
      );
      found.push(...some.filter((_, index) => sizes[index] !== undefined));
    }
    sendJson(response, 200, { hashes: found });
  }
}

function parsed<T>(schema: z.ZodType<T>, given: unknown): T {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new Refusal(422, z.prettifyError(result.error));
}

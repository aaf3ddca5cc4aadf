import type { Album } from "../../../server/albums.ts";
import { keepAnswer, keptAnswer, orKept } from "./kept-answers.ts";

export type { Album, Photo } from "../../../server/albums.ts";

/** Nobody is signed in (any more); the page sends people to `/sign-in`. */
export class SignedOut extends Error {
  override readonly name = "SignedOut";
}

/** The server, or the network, said no; the message is for people. */
export class ServerRefusal extends Error {
  override readonly name = "ServerRefusal";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface Me {
  readonly user: string;
  readonly project: string;
  readonly app: string;
  /** Address of the data center's console. */
  readonly console: string;
  readonly expiresAt: string;
}

export interface AlbumSummary {
  readonly id: string;
  readonly title: string;
  readonly updatedAt: string;
  readonly photos: number;
  /** Hash of a preview. */
  readonly cover?: string;
}

export interface Address {
  readonly operation: "get" | "put";
  readonly kind: "original" | "preview" | "result";
  readonly hash: string;
  readonly download?: string;
}

/** The page's own server (examples/darkroom/README.md lists what it answers). */
export const ownServer = {
  me: async () => await ask<Me>("GET", "/api/me"),
  /** Without a network: as they were last seen. */
  albums: async () =>
    await orKept(
      "/api/albums",
      async () => (await ask<{ readonly items: readonly AlbumSummary[] }>("GET", "/api/albums")).items,
    ),
  album: async (id: string) =>
    await orKept(`/api/albums/${id}`, async () => {
      const answer = await send("GET", `/api/albums/${id}`);
      // Our own server checked it when it was written.
      return { album: (await answer.json()) as Album, etag: answer.headers.get("etag") ?? "" };
    }),
  /** The new ETag. `etag` absent: the album must be new. Rejects with status 412 when another window was faster. */
  writeAlbum: async (album: Album, etag: string | undefined) => {
    const headers: Record<string, string> = etag === undefined ? {} : { "if-match": etag };
    const answer = await send("PUT", `/api/albums/${album.id}`, album, headers);
    const now = answer.headers.get("etag") ?? "";
    await keepWritten(album, now);
    return now;
  },
  signOut: async () => void (await send("POST", "/api/sign-out")),
  removeAlbum: async (id: string) => void (await send("DELETE", `/api/albums/${id}`)),
  /** Signed addresses, in the order of the items. */
  urls: async (items: readonly Address[]) =>
    (await ask<{ readonly urls: readonly string[] }>("POST", "/api/urls", { items })).urls,
  /** Which of these originals lie in the store. */
  have: async (hashes: readonly string[]) =>
    new Set((await ask<{ readonly hashes: readonly string[] }>("POST", "/api/have", { hashes })).hashes),
  /** Copies an original to burst's blobs, store to store. */
  stage: async (given: {
    readonly hash: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
  }) => void (await send("POST", "/api/stage", given)),
};

/** What was written is what a start without a network shows. */
async function keepWritten(album: Album, etag: string): Promise<void> {
  const { id, title, updatedAt, photos } = album;
  const cover = photos.find(({ preview }) => preview !== undefined)?.preview;
  const summary = { id, title, updatedAt, photos: photos.length, ...(cover === undefined ? {} : { cover }) };
  const others = (await keptAnswer<readonly AlbumSummary[]>("/api/albums")) ?? [];
  await keepAnswer("/api/albums", [summary, ...others.filter((one) => one.id !== id)]);
  await keepAnswer(`/api/albums/${id}`, { album, etag });
}

async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  return (await (await send(method, path, body)).json()) as T; // the shapes are our own server's
}

async function send(
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const init = body === undefined ? {} : { body: JSON.stringify(body) };
  const type = body === undefined ? {} : { "content-type": "application/json" };
  const answer = await fetch(path, { method, headers: { ...type, ...headers }, ...init });
  if (answer.ok) return answer;
  if (answer.status === 401) throw new SignedOut("Sign in to see your albums.");
  throw new ServerRefusal(answer.status, await titleOf(answer));
}

async function titleOf(answer: Response): Promise<string> {
  try {
    // Problems of the API and of our own server have these; whatever else it is fails below or reads as undefined.
    const { title, detail } = (await answer.json()) as { readonly title?: string; readonly detail?: string };
    return detail ?? title ?? `The server answered ${answer.status}.`;
  } catch {
    return `The server answered ${answer.status}.`;
  }
}

import { useSyncExternalStore } from "react";
import { history } from "../lib/undo.ts";
import { ownServer, ServerRefusal, type Album } from "./own-server.ts";

/** A change of an album: a pure function, so that it can be put on top of what another window wrote. */
export type AlbumChange = (album: Album) => Album;

const maxTries = 5;
/** Changes in quick succession are written together. */
const writeAfterMs = 300;

/**
 * One open album. A change is seen at once and written soon; when another window was faster, the album is read again and the changes that were not written yet are put on
 * top. What cannot be written stays on the page and is tried again with the next change.
 */
export class AlbumStore {
  readonly id: string;
  #album: Album;
  #etag: string;
  #pending: AlbumChange[] = [];
  #writing: Promise<void> | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(album: Album, etag: string) {
    this.id = album.id;
    this.#album = album;
    this.#etag = etag;
  }

  static async open(id: string): Promise<AlbumStore> {
    const { album, etag } = await ownServer.album(id);
    return new AlbumStore(album, etag);
  }

  readonly read = () => this.#album;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Resolves when it is written; rejects when it cannot be. */
  async change(change: AlbumChange): Promise<void> {
    this.#show(stamped(change(this.#album)));
    this.#pending.push(change);
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
    await this.#writing;
  }

  /** A change that can be taken back: `label` is what it was, in words. */
  async undoable(label: string, change: AlbumChange, back: AlbumChange): Promise<void> {
    await this.change(change);
    history.push({
      label,
      undo: async () => await this.change(back),
      redo: async () => await this.change(change),
    });
  }

  async #write(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, writeAfterMs));
    for (let tries = 0; this.#pending.length > 0; tries += 1) {
      const written = this.#pending.length;
      try {
        this.#etag = await ownServer.writeAlbum(this.#album, this.#etag);
        this.#pending = this.#pending.slice(written);
      } catch (error) {
        const isOvertaken = error instanceof ServerRefusal && error.status === 412;
        if (!isOvertaken || tries >= maxTries) throw error;
        await this.#rebase();
      }
    }
  }

  async #rebase(): Promise<void> {
    const { album, etag } = await ownServer.album(this.id);
    this.#etag = etag;
    this.#show(stamped(this.#pending.reduce((before, change) => change(before), album)));
  }

  #show(album: Album): void {
    this.#album = album;
    for (const listener of this.#listeners) listener();
  }
}

function stamped(album: Album): Album {
  return { ...album, updatedAt: new Date().toISOString() };
}

/** The album as it is now, and again whenever it changes. */
export function useAlbum(store: AlbumStore): Album {
  return useSyncExternalStore(store.subscribe, store.read);
}

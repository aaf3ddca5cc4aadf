import { z } from "zod";
import { Refusal } from "./reply.ts";
import type { Store } from "./store.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const maxPhotos = 20_000;
/** An album's document; the bodies lie beside it under their hashes. */
export const maxAlbumBytes = 16 * 1024 * 1024;

const exifSchema = z.strictObject({
  takenAt: z.iso.datetime({ local: true, offset: true }).optional(),
  camera: z.string().max(200).optional(),
  lens: z.string().max(200).optional(),
  exposureSeconds: z.number().positive().max(100_000).optional(),
  aperture: z.number().positive().max(1_000).optional(),
  iso: z.number().positive().max(10_000_000).optional(),
  focalLength: z.number().positive().max(100_000).optional(),
  /** Millimetres that see as much on a frame of 24 × 36 mm. */
  focalLength35: z.number().positive().max(100_000).optional(),
  orientation: z.int().min(1).max(8).optional(),
});

export const photoSchema = z.strictObject({
  /** SHA-256 of the original. */
  hash,
  name: z.string().min(1).max(255),
  type: z.string().max(100),
  bytes: z.int().min(0),
  width: z.int().min(0).max(200_000),
  height: z.int().min(0).max(200_000),
  preview: hash.optional(),
  exif: exifSchema,
  /** What it was made from, and how: sources, package, tasks, parameters. */
  made: z
    .strictObject({
      from: z.array(hash).max(200),
      as: z.enum(["hdr", "panorama", "hdr-panorama"]),
      package: hash,
      job: z.string().max(64).optional(),
      parameters: z.record(z.string().max(60), z.json()),
    })
    .optional(),
});
export type Photo = z.infer<typeof photoSchema>;

export const albumSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/),
  title: z.string().min(1).max(200),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  photos: z.array(photoSchema).max(maxPhotos),
  /** Photos that belong together, by hash; the user's word when `by` is user. */
  groups: z
    .array(
      z.strictObject({
        id: z.string().max(64),
        kind: z.enum(["bracket", "panorama", "hdr-panorama", "none"]),
        photos: z.array(hash).min(1).max(200),
        by: z.enum(["found", "user"]),
      }),
    )
    .max(maxPhotos),
});
export type Album = z.infer<typeof albumSchema>;

const maxAlbums = 200;

/** Albums of one user. */
export class Albums {
  readonly #store: Store;
  readonly #folder: string;

  constructor(store: Store, user: string) {
    this.#store = store;
    this.#folder = `users/${user}/albums/`;
  }

  async list(): Promise<
    readonly (Pick<Album, "id" | "title" | "updatedAt"> & {
      readonly photos: number;
      readonly cover?: string;
    })[]
  > {
    const keys = (await this.#store.list(this.#folder)).slice(0, maxAlbums);
    const read = await Promise.all(keys.map(async (key) => await this.#store.read(key)));
    const albums = read.flatMap((one) =>
      one === undefined ? [] : [albumSchema.parse(JSON.parse(one.text))],
    );
    return albums
      .map(({ id, title, updatedAt, photos }) => {
        const cover = photos.find(({ preview }) => preview !== undefined)?.preview;
        return { id, title, updatedAt, photos: photos.length, ...(cover === undefined ? {} : { cover }) };
      })
      .toSorted((one, other) => (one.updatedAt < other.updatedAt ? 1 : -1));
  }

  async read(id: string): Promise<{ readonly album: Album; readonly etag: string }> {
    const found = await this.#store.read(this.#key(id));
    if (found === undefined) throw new Refusal(404, "There is no such album.");
    return { album: albumSchema.parse(JSON.parse(found.text)), etag: found.etag };
  }

  /** The new ETag. `ifMatch` absent: it must not be there yet. Refuses with 412 when somebody was faster. */
  async write(id: string, given: unknown, ifMatch: string | undefined): Promise<string> {
    const album = albumSchema.safeParse(given);
    if (!album.success) throw new Refusal(422, `This is no album: ${z.prettifyError(album.error)}`);
    if (album.data.id !== id) throw new Refusal(422, "The album has another id than its address.");
    const text = JSON.stringify(album.data);
    const etag = await this.#store.write(this.#key(id), text, ifMatch === undefined ? {} : { ifMatch });
    if (etag === undefined)
      throw new Refusal(
        412,
        "The album was changed in another window; it is read again and your change is put on top.",
      );
    return etag;
  }

  async remove(id: string): Promise<void> {
    await this.#store.remove(this.#key(id));
  }

  #key(id: string): string {
    if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(id)) throw new Refusal(404, "There is no such album.");
    return `${this.#folder}${id}.json`;
  }
}

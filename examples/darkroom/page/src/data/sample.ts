import { z } from "zod";
import { addPhotos } from "./album-changes.ts";
import { ownServer, type Album } from "./own-server.ts";

const named = z.object({ name: z.string() });
const truthSchema = z.object({
  bracket: z.object({ frames: z.array(named) }),
  panorama: z.object({ views: z.array(named) }),
  hdrPanorama: z.object({ views: z.array(z.object({ frames: z.array(named) })) }),
});

/** Files of the sample album that was painted when Darkroom was built. */
export async function sampleFiles(): Promise<readonly File[]> {
  const answer = await fetch("/album/truth.json");
  if (!answer.ok) return [];
  const { bracket, panorama, hdrPanorama } = truthSchema.parse(await answer.json());
  const around = hdrPanorama.views.flatMap(({ frames }) => frames);
  const files = await Promise.all(
    [...bracket.frames, ...panorama.views, ...around].map(async ({ name }) => {
      const file = await fetch(`/album/${name}`);
      return file.ok ? new File([await file.blob()], name, { type: "image/jpeg" }) : undefined;
    }),
  );
  return files.filter((file) => file !== undefined);
}

/** A new album in the store, empty. Its id is random, so that two windows never make the same one. */
export async function createAlbum(title: string): Promise<{ readonly album: Album; readonly etag: string }> {
  const now = new Date().toISOString();
  const id = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => (byte % 36).toString(36)).join(
    "",
  );
  const album = addPhotos({ id, title, createdAt: now, updatedAt: now, photos: [], groups: [] }, []);
  return { album, etag: await ownServer.writeAlbum(album, undefined) };
}

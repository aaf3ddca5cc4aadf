import type { Album, Photo } from "./own-server.ts";

/** Pure changes of albums. A photo is in an album once, whatever its file was called. */

export function addPhotos(album: Album, photos: readonly Photo[]): Album {
  const known = new Set(album.photos.map(({ hash }) => hash));
  const fresh = photos.filter(({ hash }) => !known.has(hash) && known.add(hash));
  if (fresh.length === 0) return album;
  return { ...album, photos: [...album.photos, ...fresh].toSorted(byTime) };
}

export function removePhotos(album: Album, hashes: ReadonlySet<string>): Album {
  return {
    ...album,
    photos: album.photos.filter(({ hash }) => !hashes.has(hash)),
    groups: album.groups
      .map((group) => ({ ...group, photos: group.photos.filter((hash) => !hashes.has(hash)) }))
      .filter(({ photos }) => photos.length > 0),
  };
}

/** Photos by the time of the camera, and by their names within it. */
function byTime(one: Photo, other: Photo): number {
  const [a, b] = [one.exif.takenAt ?? "", other.exif.takenAt ?? ""];
  if (a !== b) return a < b ? -1 : 1;
  return one.name < other.name ? -1 : 1;
}

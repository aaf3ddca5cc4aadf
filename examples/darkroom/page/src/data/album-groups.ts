import type { FoundGroup, GroupedPhoto } from "#darkroom/graph/grouping.ts";
import type { Album, Photo } from "./own-server.ts";

type Group = Album["groups"][number];

/** What was found, put under what the user said: a photo that the user grouped (or freed) is in no found group. The same album when nothing changes. Pure. */
export function withFoundGroups(album: Album, found: readonly FoundGroup[]): Album {
  const byUser = album.groups.filter(({ by }) => by === "user");
  const taken = new Set(byUser.flatMap(({ photos }) => photos));
  const groups: Group[] = found
    .filter(({ photos }) => !photos.some((hash) => taken.has(hash)))
    .map(({ kind, photos }) => ({
      id: photos[0]?.slice(0, 16) ?? "",
      kind,
      photos: [...photos],
      by: "found",
    }));
  const next = [...byUser, ...groups];
  return JSON.stringify(next) === JSON.stringify(album.groups) ? album : { ...album, groups: next };
}

/** The user's word: these belong together, or (`none`) do not. Pure. */
export function setGroup(album: Album, photos: readonly string[], kind: Group["kind"]): Album {
  const chosen = new Set(photos);
  const rest = album.groups
    .map((group) => ({ ...group, photos: group.photos.filter((hash) => !chosen.has(hash)) }))
    .filter((group) => group.photos.length > 0);
  const group: Group = { id: photos[0]?.slice(0, 16) ?? "", kind, photos: [...photos], by: "user" };
  return { ...album, groups: [...rest, group] };
}

/** What was made from photos of a group, in the album's order. Pure. */
export function madeFrom(album: Album, group: Group): readonly Photo[] {
  const sources = new Set(group.photos);
  return album.photos.filter(
    ({ hash, made }) => made !== undefined && !sources.has(hash) && made.from.some((one) => sources.has(one)),
  );
}

/** The kind of the first group that has one of these photos. Pure. */
export function kindOf(album: Album, photos: readonly string[]): Group["kind"] | undefined {
  return album.groups.find(
    (group) => group.kind !== "none" && group.photos.some((one) => photos.includes(one)),
  )?.kind;
}

/** What grouping looks at. */
export function groupedPhoto({ exif, hash, width, height }: Photo): GroupedPhoto {
  return { ...exif, hash, width, height };
}

import { Check } from "lucide-react";
import type { KeyboardEvent, MouseEvent } from "react";
import { useNavigate } from "react-router";
import { madeFrom } from "../data/album-groups.ts";
import type { Album, Photo } from "../data/own-server.ts";
import { usePreview } from "../data/previews.ts";
import { cx } from "../kit/class-names.ts";
import { start } from "../lib/start.ts";
import { exposure } from "./exposure.ts";

type Group = Album["groups"][number];

const kindNames = {
  bracket: "Bracket",
  panorama: "Panorama",
  "hdr-panorama": "HDR panorama",
  none: "",
} as const;

const madeNames = { hdr: "HDR", panorama: "Panorama", "hdr-panorama": "HDR panorama" } as const;

/** Photos in the order of their times; what belongs together stands in a frame, and is chosen with one press on its name. */
export function AlbumGrid(props: {
  readonly album: Album;
  readonly selected: ReadonlySet<string>;
  readonly onSelect: (selected: ReadonlySet<string>) => void;
}) {
  const { album, selected, onSelect } = props;
  const photos = new Map(album.photos.map((photo) => [photo.hash, photo]));
  const grouped = new Map(
    album.groups
      .filter(({ kind }) => kind !== "none")
      .flatMap((group) => group.photos.map((hash) => [hash, group] as const)),
  );
  // Results stand on their sources.
  const stacked = new Set(
    [...new Set(grouped.values())].flatMap((group) => madeFrom(album, group).map(({ hash }) => hash)),
  );
  const rows: (Group | Photo)[] = [];
  for (const photo of album.photos) {
    const group = grouped.get(photo.hash);
    if (group === undefined && stacked.has(photo.hash)) continue;
    if (group === undefined) rows.push(photo);
    else if (!rows.includes(group)) rows.push(group);
  }
  const toggle = (hash: string, isMore: boolean) => {
    const next = new Set(isMore ? selected : []);
    if (selected.has(hash) && (isMore || selected.size === 1)) next.delete(hash);
    else next.add(hash);
    onSelect(next);
  };
  if (album.photos.length === 0)
    return (
      <div className="grid grow place-items-center rounded-xl border border-dashed border-line p-12 text-center text-dim">
        Drop photos or a folder here, or add them with the button above.
      </div>
    );
  return (
    <div className="flex flex-wrap gap-3" role="group" aria-label="Photos">
      {rows.map((row) =>
        "by" in row ? (
          <section
            key={row.id}
            aria-label={kindNames[row.kind]}
            className="flex flex-col gap-2 rounded-xl border border-line bg-raised p-2"
          >
            <button
              type="button"
              className="flex items-center gap-2 self-start rounded-md px-1 text-xs text-dim hover:text-ink"
              onClick={() => onSelect(new Set(row.photos))}
            >
              <span className="rounded-full bg-accent px-2 py-0.5 font-medium text-on-accent">
                {kindNames[row.kind]}
              </span>
              {row.photos.length} photos
            </button>
            <div className="flex flex-wrap gap-2">
              {[...madeFrom(album, row), ...row.photos.flatMap((hash) => photos.get(hash) ?? [])].map(
                (photo) => (
                  <Thumbnail
                    key={photo.hash}
                    album={album}
                    photo={photo}
                    isSelected={selected.has(photo.hash)}
                    onToggle={toggle}
                  />
                ),
              )}
            </div>
          </section>
        ) : (
          <Thumbnail
            key={row.hash}
            album={album}
            photo={row}
            isSelected={selected.has(row.hash)}
            onToggle={toggle}
          />
        ),
      )}
    </div>
  );
}

function Thumbnail(props: {
  readonly album: Album;
  readonly photo: Photo;
  readonly isSelected: boolean;
  readonly onToggle: (hash: string, isMore: boolean) => void;
}) {
  const { album, photo, isSelected, onToggle } = props;
  const navigate = useNavigate();
  const url = usePreview(photo.preview);
  const open = () =>
    start(
      "The photo could not be opened",
      async () => await navigate(`/albums/${album.id}/photo/${photo.hash.slice(0, 16)}`),
    );
  return (
    <button
      type="button"
      aria-pressed={isSelected}
      aria-label={labelOf(photo)}
      onClick={(event: MouseEvent) => onToggle(photo.hash, event.ctrlKey || event.metaKey || event.shiftKey)}
      onDoubleClick={open}
      onKeyDown={(event: KeyboardEvent) => {
        if (event.key === "Enter") open();
      }}
      className={cx(
        "group relative h-36 overflow-hidden rounded-lg bg-sunken max-sm:h-auto max-sm:w-[calc(50%-0.25rem)]",
        isSelected && "outline-2 outline-offset-2 outline-accent",
      )}
      style={{ aspectRatio: `${Math.max(1, photo.width)} / ${Math.max(1, photo.height)}` }}
    >
      {url !== undefined && (
        <img src={url} alt="" loading="lazy" draggable={false} className="size-full object-cover" />
      )}
      {photo.made !== undefined && (
        <span className="absolute top-1.5 left-1.5 rounded-full bg-accent px-2 py-0.5 text-xs font-medium text-on-accent">
          {`${madeNames[photo.made.as]} `}
        </span>
      )}
      {isSelected && (
        <span className="absolute top-1.5 right-1.5 grid size-5 place-items-center rounded-full bg-accent text-on-accent">
          <Check size={14} aria-hidden="true" />
        </span>
      )}
      <span className="absolute inset-x-0 bottom-0 flex justify-between gap-2 bg-scrim px-2 py-1 text-left text-xs opacity-0 transition-opacity group-hover:opacity-100 group-focus-visible:opacity-100">
        <span className="truncate">{`${photo.name} `}</span>
        <span className="tabular whitespace-nowrap text-dim">{exposure(photo)}</span>
      </span>
    </button>
  );
}

/** All that a thumbnail shows, in its order, so that it is found by what is read on it. */
function labelOf(photo: Photo): string {
  const { made, name } = photo;
  const shown = [made === undefined ? "" : madeNames[made.as], name, exposure(photo)];
  return `${shown.filter((text) => text !== "").join(" ")}${made === undefined ? "" : ", merged"}`;
}

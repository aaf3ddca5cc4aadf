import { Aperture, FolderOpen, Layers, PanelTop, Trash2, Ungroup } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useNavigate, useParams } from "react-router";
import { findGroups, viewsOf } from "#darkroom/graph/grouping.ts";
import { removePhotos } from "../data/album-changes.ts";
import { groupedPhoto, kindOf, setGroup, withFoundGroups } from "../data/album-groups.ts";
import { useAlbum, type AlbumStore } from "../data/album-store.ts";
import { useAlbumStore } from "../data/open-albums.ts";
import type { Album } from "../data/own-server.ts";
import { importer } from "../import/importer.ts";
import { Button, IconButton } from "../kit/button.tsx";
import { say } from "../kit/toast.tsx";
import { start } from "../lib/start.ts";
import { useShortcuts } from "../lib/shortcuts.ts";
import { AlbumGrid } from "./album-grid.tsx";
import { AlbumTitle } from "./album-title.tsx";
import { DropArea } from "./drop-area.tsx";
import { ImportBar } from "./import-bar.tsx";
import { RunsBar } from "./runs-bar.tsx";

export function AlbumPage() {
  const { album: id = "" } = useParams();
  const { store, failure } = useAlbumStore(id);
  if (failure !== undefined)
    return (
      <p role="alert" className="p-6">
        This album could not be read. {failure}
      </p>
    );
  if (store === undefined) return <p className="p-6 text-dim">Opening the album…</p>;
  return <OpenAlbum key={store.id} store={store} />;
}

function OpenAlbum({ store }: { readonly store: AlbumStore }) {
  const album = useAlbum(store);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  useFoundGroups(store, album);
  return (
    <DropArea onFiles={(files) => bring(files, store)}>
      <div className="mx-auto flex w-full max-w-7xl grow flex-col gap-4 p-4 md:p-6">
        <Toolbar store={store} album={album} selected={selected} onSelect={setSelected} />
        <ImportBar />
        <RunsBar album={store.id} />
        <AlbumGrid album={album} selected={selected} onSelect={setSelected} />
      </div>
    </DropArea>
  );
}

function bring(files: readonly File[], store: AlbumStore): void {
  const left = importer.add(files, store);
  if (left > 0)
    say(left === 1 ? "One file is empty or too large." : `${left} files are empty, too large, or too many.`, {
      isBad: true,
    });
}

/** Looks for brackets and panoramas whenever photos came; what a user grouped stays. */
function useFoundGroups(store: AlbumStore, album: Album): void {
  const photos = album.photos;
  useEffect(() => {
    const found = findGroups(photos.map(groupedPhoto));
    const now = store.read();
    if (withFoundGroups(now, found) !== now)
      start(
        "What belongs together could not be written",
        async () => await store.change((one) => withFoundGroups(one, found)),
      );
  }, [store, photos]);
}

function Toolbar(props: {
  readonly store: AlbumStore;
  readonly album: Album;
  readonly selected: ReadonlySet<string>;
  readonly onSelect: (selected: ReadonlySet<string>) => void;
}) {
  const { store, album, selected, onSelect } = props;
  const navigate = useNavigate();
  const picker = useRef<HTMLInputElement>(null);
  const chosen = album.photos.filter(({ hash }) => selected.has(hash));
  // Several exposures of each view are merged and joined in one go.
  const areBracketedViews = viewsOf(chosen.map(groupedPhoto)) !== undefined;
  const joined = areBracketedViews ? "hdr-panorama" : "panorama";
  const merge = (kind: "hdr" | "panorama" | "hdr-panorama") => {
    if (chosen.length < 2) return say("Choose the photos first: a bracket, or the views of a panorama.");
    const photos = chosen.map(({ hash }) => hash.slice(0, 16)).join(",");
    return start(
      "The merge could not be opened",
      async () => await navigate(`/albums/${album.id}/merge?as=${kind}&photos=${photos}`),
    );
  };
  const remove = () => {
    if (chosen.length === 0) return;
    const before = store.read();
    start(
      "The photos could not be removed",
      async () =>
        await store.undoable(
          chosen.length === 1 ? "removal of a photo" : `removal of ${chosen.length} photos`,
          (now) => removePhotos(now, selected),
          () => before,
        ),
    );
    onSelect(new Set());
  };
  const regroup = (label: string, kind: Album["groups"][number]["kind"]) => {
    const before = album.groups;
    start(
      "The group could not be changed",
      async () =>
        await store.undoable(
          label,
          (now) => setGroup(now, [...selected], kind),
          (now) => ({ ...now, groups: before }),
        ),
    );
    onSelect(new Set());
  };
  const group = () => chosen.length > 1 && regroup("grouping", kindOf(album, [...selected]) ?? "bracket");
  const ungroup = () => chosen.length > 0 && regroup("ungrouping", "none");
  useShortcuts({
    "mod+a": () => onSelect(new Set(album.photos.map(({ hash }) => hash))),
    escape: () => onSelect(new Set()),
    "mod+h": () => merge("hdr"),
    "mod+m": () => merge(joined),
    delete: remove,
    g: group,
    u: ungroup,
  });
  const merging = areBracketedViews
    ? "Merge each view, and join them (Ctrl+M)"
    : "Merge to panorama (Ctrl+M)";
  const why = chosen.length < 2 ? "Choose photos first: the name of a group chooses all of it" : undefined;
  return (
    <div className="flex flex-wrap items-center gap-2">
      <AlbumTitle store={store} album={album} />
      <span className="grow text-dim" role="status">
        {chosen.length === 0
          ? album.photos.length === 1
            ? "1 photo"
            : `${album.photos.length} photos`
          : `${chosen.length} chosen`}
      </span>
      <Button
        look={areBracketedViews ? "plain" : "primary"}
        disabled={chosen.length < 2}
        onClick={() => merge("hdr")}
        title={why ?? "Merge to HDR (Ctrl+H)"}
      >
        <Aperture size={16} aria-hidden="true" /> Merge to HDR
      </Button>
      <Button
        look={areBracketedViews ? "primary" : "plain"}
        disabled={chosen.length < 2}
        onClick={() => merge(joined)}
        title={why ?? merging}
      >
        <PanelTop size={16} aria-hidden="true" /> {areBracketedViews ? "HDR panorama" : "Panorama"}
      </Button>
      <IconButton label="They belong together (G)" disabled={chosen.length < 2} onClick={group}>
        <Layers size={16} aria-hidden="true" />
      </IconButton>
      <IconButton label="They do not belong together (U)" disabled={chosen.length === 0} onClick={ungroup}>
        <Ungroup size={16} aria-hidden="true" />
      </IconButton>
      <IconButton label="Remove from the album (Delete)" disabled={chosen.length === 0} onClick={remove}>
        <Trash2 size={16} aria-hidden="true" />
      </IconButton>
      <Button onClick={() => picker.current?.click()}>
        <FolderOpen size={16} aria-hidden="true" /> Add photos
      </Button>
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        accept="image/*,.dng,.nef,.cr2,.cr3,.arw,.raf,.orf,.rw2,.tif,.tiff"
        onChange={(event) => {
          bring([...(event.currentTarget.files ?? [])], store);
          event.currentTarget.value = "";
        }}
      />
    </div>
  );
}

import { ArrowLeft, ChevronLeft, ChevronRight, Info, ZoomIn, ZoomOut } from "lucide-react";
import { useEffect, useState } from "react";
import { useNavigate, useParams } from "react-router";
import { useAlbum, type AlbumStore } from "../data/album-store.ts";
import { useAlbumStore } from "../data/open-albums.ts";
import { originalBytes } from "../data/originals.ts";
import type { Photo } from "../data/own-server.ts";
import { usePreview } from "../data/previews.ts";
import { IconButton } from "../kit/button.tsx";
import { start } from "../lib/start.ts";
import { useShortcuts } from "../lib/shortcuts.ts";
import type { ViewPort } from "../merge/view-port.ts";
import { exposure } from "./exposure.ts";
import { PhotoFacts } from "./photo-facts.tsx";
import { usePhotoHistogram } from "./photo-histogram.ts";
import { PhotoStage } from "./photo-stage.tsx";

/** One photo of an album, as large as the window. */
export function PhotoPage() {
  const { album: id = "", hash = "" } = useParams();
  const { store, failure } = useAlbumStore(id);
  if (failure !== undefined)
    return (
      <p role="alert" className="p-6">
        This album could not be read. {failure}
      </p>
    );
  if (store === undefined) return <p className="p-6 text-dim">Opening the photo…</p>;
  return <OpenPhoto store={store} hash={hash} />;
}

function OpenPhoto({ store, hash }: { readonly store: AlbumStore; readonly hash: string }) {
  const album = useAlbum(store);
  const navigate = useNavigate();
  const at = album.photos.findIndex((one) => one.hash.startsWith(hash));
  const photo = album.photos[at];
  const go = (path: string, replace = false) =>
    start("The photo could not be opened", async () => await navigate(path, { replace }));
  const turn = (step: 1 | -1) => {
    const next = album.photos[at + step];
    if (next !== undefined) go(`/albums/${album.id}/photo/${next.hash.slice(0, 16)}`, true);
  };
  const back = () => go(`/albums/${album.id}`);
  if (photo === undefined)
    return (
      <p role="alert" className="p-6">
        This photo is not in the album any more.
      </p>
    );
  const sources = album.photos.filter((one) => photo.made?.from.includes(one.hash) === true);
  return (
    <PhotoView
      key={photo.hash}
      photo={photo}
      sources={sources}
      place={`${at + 1} of ${album.photos.length}`}
      isFirst={at === 0}
      isLast={at === album.photos.length - 1}
      onTurn={turn}
      onBack={back}
    />
  );
}

interface PhotoViewProps {
  readonly photo: Photo;
  readonly sources: readonly Photo[];
  readonly place: string;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly onTurn: (step: 1 | -1) => void;
  readonly onBack: () => void;
}

function PhotoView(props: PhotoViewProps) {
  const { photo, onTurn, onBack } = props;
  const preview = usePreview(photo.preview);
  const { url: whole, failure } = useOriginal(photo);
  const [view, setView] = useState<ViewPort>();
  const [withFacts, setWithFacts] = useState(() => window.innerWidth >= 1000);
  const histogram = usePhotoHistogram(photo.preview);
  const picture = { width: Math.max(1, photo.width), height: Math.max(1, photo.height) };
  const toggle = () =>
    setView((now) =>
      now === undefined ? { zoom: 1, x: picture.width / 2, y: picture.height / 2 } : undefined,
    );
  const facts = () => setWithFacts((now) => !now);
  useShortcuts({
    arrowright: () => onTurn(1),
    arrowleft: () => onTurn(-1),
    escape: () => (view === undefined ? onBack() : setView(undefined)),
    z: toggle,
    " ": toggle,
    i: facts,
  });
  return (
    <div className="flex h-[calc(100dvh-3rem)] flex-col">
      <div className="flex items-center gap-1 border-b border-line px-2 py-1">
        <IconButton label="Back to the album (Escape)" onClick={onBack}>
          <ArrowLeft size={16} aria-hidden="true" />
        </IconButton>
        <h1 className="min-w-0 truncate font-medium">{photo.name}</h1>
        <span className="tabular grow truncate px-2 text-dim max-sm:hidden">
          {props.place} {exposure(photo)}
        </span>
        <span className="grow sm:hidden" />
        <IconButton label="Photo before (←)" disabled={props.isFirst} onClick={() => onTurn(-1)}>
          <ChevronLeft size={16} aria-hidden="true" />
        </IconButton>
        <IconButton label="Next photo (→)" disabled={props.isLast} onClick={() => onTurn(1)}>
          <ChevronRight size={16} aria-hidden="true" />
        </IconButton>
        <IconButton
          label={view === undefined ? "See every pixel (Z)" : "Fit into the window (Z)"}
          pressed={view !== undefined}
          onClick={toggle}
        >
          {view === undefined ? (
            <ZoomIn size={16} aria-hidden="true" />
          ) : (
            <ZoomOut size={16} aria-hidden="true" />
          )}
        </IconButton>
        <IconButton label="About this photo (I)" pressed={withFacts} onClick={facts}>
          <Info size={16} aria-hidden="true" />
        </IconButton>
      </div>
      {failure !== undefined && (
        <p role="alert" className="border-b border-line px-4 py-2 text-dim">
          Only the preview can be shown. {failure}
        </p>
      )}
      <div className="flex min-h-0 grow max-md:flex-col">
        <PhotoStage
          src={whole ?? preview}
          label={photo.name}
          picture={picture}
          view={view}
          onView={setView}
          onTurn={onTurn}
        />
        {withFacts && <PhotoFacts photo={photo} histogram={histogram} sources={props.sources} />}
      </div>
    </div>
  );
}

/** Address of the original as this page can show it; until then, and for what a browser cannot show, the preview has to do. */
function useOriginal(photo: Photo): { readonly url?: string; readonly failure?: string } {
  const [found, setFound] = useState<{ readonly url?: string; readonly failure?: string }>({});
  const { hash, type } = photo;
  const isShown = /^image\/(jpeg|png|webp|avif|gif)$/.test(type);
  useEffect(() => {
    if (!isShown) return undefined;
    const over = new AbortController();
    let url: string | undefined;
    originalBytes(hash, over.signal).then(
      (bytes) => {
        if (over.signal.aborted) return undefined;
        url = URL.createObjectURL(new Blob([bytes], { type }));
        setFound({ url });
        return undefined;
      },
      () => {
        if (!over.signal.aborted)
          setFound({ failure: "Its original is not here, and the network does not bring it." });
      },
    );
    return () => {
      over.abort();
      if (url !== undefined) URL.revokeObjectURL(url);
    };
  }, [hash, type, isShown]);
  return found;
}

import { ImagePlus, Images, Sparkles, Trash2 } from "lucide-react";
import { useEffect, useState } from "react";
import { Link, useNavigate } from "react-router";
import { AlbumStore } from "../data/album-store.ts";
import { forgetStore, rememberStore } from "../data/open-albums.ts";
import { ownServer, type AlbumSummary } from "../data/own-server.ts";
import { usePreview } from "../data/previews.ts";
import { createAlbum, sampleFiles } from "../data/sample.ts";
import { importer } from "../import/importer.ts";
import { Button, IconButton } from "../kit/button.tsx";
import { say } from "../kit/toast.tsx";
import { start } from "../lib/start.ts";
import { wordsOf } from "../lib/words.ts";

/** All albums of the user. Whoever has none begins with the sample, which is there to be merged in the first minute. */
export function AlbumsPage() {
  const navigate = useNavigate();
  const [albums, setAlbums] = useState<readonly AlbumSummary[]>();
  const [failure, setFailure] = useState<string>();
  useEffect(() => {
    let isGone = false;
    ownServer.albums().then(
      (found) => {
        if (!isGone) setAlbums(found);
        return undefined;
      },
      (error: unknown) => {
        if (!isGone) setFailure(wordsOf(error));
      },
    );
    return () => {
      isGone = true;
    };
  }, []);

  function open(title: string, files: () => Promise<readonly File[]>): void {
    start("The album could not be made", async () => {
      const { album, etag } = await createAlbum(title);
      const store = new AlbumStore(album, etag);
      rememberStore(store);
      importer.add(await files(), store);
      await navigate(`/albums/${album.id}`, { state: { fresh: true } });
    });
  }
  function remove(summary: AlbumSummary): void {
    start(`${summary.title} could not be deleted`, async () => {
      const { album } = await ownServer.album(summary.id);
      await ownServer.removeAlbum(summary.id);
      forgetStore(summary.id);
      setAlbums((now) => now?.filter(({ id }) => id !== summary.id));
      const back = async () => {
        await ownServer.writeAlbum(album, undefined);
        setAlbums((now) => [summary, ...(now ?? [])]);
      };
      say(`${summary.title} is deleted`, {
        action: { label: "Undo", run: () => start("The album did not come back", back) },
      });
    });
  }
  const addSample = () => open("Terrace at dusk", sampleFiles);

  return (
    <div className="mx-auto flex w-full max-w-6xl flex-col gap-6 p-4 md:p-8">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-2xl font-semibold tracking-tight">Albums</h1>
        <div className="flex flex-wrap gap-2">
          <Button onClick={addSample}>
            <Sparkles size={16} aria-hidden="true" /> Add the sample album
          </Button>
          <Button look="primary" onClick={() => open("New album", async () => await Promise.resolve([]))}>
            <ImagePlus size={16} aria-hidden="true" /> New album
          </Button>
        </div>
      </div>
      {failure !== undefined && <p role="alert">Your albums could not be read. {failure}</p>}
      {failure === undefined && albums === undefined && <p className="text-dim">Looking for your albums…</p>}
      {albums?.length === 0 && <NoAlbums onSample={addSample} />}
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(16rem,1fr))] gap-4">
        {albums?.map((album) => (
          <li key={album.id} className="relative">
            <AlbumCard album={album} />
            <IconButton
              label={`Delete ${album.title}`}
              className="absolute right-2 bottom-3"
              onClick={() => remove(album)}
            >
              <Trash2 size={16} aria-hidden="true" />
            </IconButton>
          </li>
        ))}
      </ul>
    </div>
  );
}

function NoAlbums(props: { readonly onSample: () => void }) {
  return (
    <div className="flex flex-col items-start gap-4 rounded-xl border border-line bg-raised p-6">
      <Images size={32} aria-hidden="true" className="text-accent" />
      <div className="flex max-w-prose flex-col gap-2">
        <h2 className="text-lg font-semibold">Begin with the sample</h2>
        <p className="text-dim">
          A terrace at dusk: five exposures of one view, from the sun to the shadows, and six views around it.
          Merge them to HDR and to a panorama, then bring your own.
        </p>
      </div>
      <Button look="primary" onClick={props.onSample}>
        Open the sample album
      </Button>
    </div>
  );
}

function AlbumCard({ album }: { readonly album: AlbumSummary }) {
  const url = usePreview(album.cover);
  return (
    <Link
      to={`/albums/${album.id}`}
      className="flex flex-col overflow-hidden rounded-xl border border-line bg-raised transition-colors hover:border-line-strong"
    >
      <span className="grid aspect-3/2 place-items-center bg-sunken">
        {url === undefined ? (
          <Images size={28} aria-hidden="true" className="text-dim" />
        ) : (
          <img src={url} alt="" className="size-full object-cover" />
        )}
      </span>
      <span className="flex flex-col gap-0.5 p-3">
        <span className="font-medium">{album.title}</span>
        <span className="text-dim">{album.photos === 1 ? "1 photo" : `${album.photos} photos`}</span>
      </span>
    </Link>
  );
}

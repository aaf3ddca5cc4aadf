import { useMemo } from "react";
import { Link, useParams, useSearchParams } from "react-router";
import { useAlbum, type AlbumStore } from "../data/album-store.ts";
import { useAlbumStore } from "../data/open-albums.ts";
import { hdrPanoramaRecipe } from "./hdr-panorama-recipe.ts";
import { hdrRecipe } from "./hdr-recipe.ts";
import { MergeView } from "./merge-view.tsx";
import { panoramaRecipe } from "./panorama-recipe.ts";

const maxPhotos = 200;

/** `/albums/ALBUM/merge?as=hdr&photos=16-hex,…`: the photos of an album that are to be merged, to HDR or, `as=panorama`, side by side; both at once with `as=hdr-panorama`. */
export function MergePage() {
  const { album: id = "" } = useParams();
  const { store, failure } = useAlbumStore(id);
  if (failure !== undefined)
    return (
      <p role="alert" className="p-6">
        This album could not be read. {failure}
      </p>
    );
  if (store === undefined) return <p className="p-6 text-dim">Opening the photos…</p>;
  return <ChosenPhotos store={store} />;
}

function ChosenPhotos({ store }: { readonly store: AlbumStore }) {
  const album = useAlbum(store);
  const [search] = useSearchParams();
  const named = search.get("photos") ?? "";
  // What is added to the album meanwhile, such as the result, changes nothing of the choice.
  const photos = useMemo(
    () =>
      named
        .split(",")
        .slice(0, maxPhotos)
        .flatMap((prefix) =>
          /^[0-9a-f]{16}$/.test(prefix)
            ? (store.read().photos.find(({ hash }) => hash.startsWith(prefix)) ?? [])
            : [],
        ),
    [named, store],
  );
  if (photos.length < 2)
    return (
      <div className="grid grow place-items-center p-6 text-center text-dim">
        <p>
          These photos are not in this album any more.
          <br />
          <Link to={`/albums/${album.id}`} className="text-accent underline">
            Choose others
          </Link>
        </p>
      </div>
    );
  const as = search.get("as");
  const key = `${as} ${named}`;
  if (as === "hdr-panorama")
    return <MergeView key={key} recipe={hdrPanoramaRecipe} store={store} photos={photos} />;
  if (as === "panorama") return <MergeView key={key} recipe={panoramaRecipe} store={store} photos={photos} />;
  return <MergeView key={key} recipe={hdrRecipe} store={store} photos={photos} />;
}

import type { Photo } from "../data/own-server.ts";
import { HistogramView } from "../merge/histogram-view.tsx";
import type { Histogram } from "../merge/picture.ts";
import { exposure } from "./exposure.ts";

/** What the camera noted, and how the tones are spread. */
export function PhotoFacts(props: {
  readonly photo: Photo;
  readonly histogram: Histogram | undefined;
  readonly sources: readonly Photo[];
}) {
  const { photo, histogram, sources } = props;
  return (
    <aside
      aria-label="About this photo"
      className="flex w-72 shrink-0 flex-col overflow-y-auto border-l border-line bg-raised max-md:w-full max-md:border-t max-md:border-l-0"
    >
      <HistogramView histogram={histogram} />
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5 p-4">
        {factsOf(photo).map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-dim">{name}</dt>
            <dd className="tabular">{value}</dd>
          </div>
        ))}
      </dl>
      {sources.length > 0 && (
        <p className="border-t border-line p-4 text-dim">
          Made from {sources.map(({ name }) => name).join(", ")}
        </p>
      )}
    </aside>
  );
}

/** Only what is known. */
function factsOf(photo: Photo): readonly (readonly [string, string])[] {
  const { exif } = photo;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["Taken", exif.takenAt?.replace("T", " ").slice(0, 19)],
    ["Camera", exif.camera],
    ["Lens", exif.lens],
    ["Exposure", exif.exposureSeconds === undefined ? undefined : exposure(photo)],
    ["Aperture", exif.aperture === undefined ? undefined : `f/${Number(exif.aperture.toFixed(1))}`],
    ["ISO", exif.iso === undefined ? undefined : String(exif.iso)],
    [
      "Focal length",
      exif.focalLength === undefined ? undefined : `${Number(exif.focalLength.toFixed(1))} mm`,
    ],
    ["Size", photo.width === 0 ? undefined : `${photo.width} × ${photo.height}`],
    ["File", `${(photo.bytes / 1_000_000).toFixed(1)} MB`],
  ];
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

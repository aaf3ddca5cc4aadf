import { Link, useSearchParams } from "react-router";
import { viewsOf } from "#darkroom/graph/grouping.ts";
import type { Projection } from "#darkroom/graph/panorama-cameras.ts";
import { groupedPhoto } from "../data/album-groups.ts";
import { Check, Choice, Section } from "./panel-parts.tsx";
import type { PanelProps } from "./recipe.ts";

/** What a user chooses for a panorama. */
export interface PanoramaParameters {
  readonly projection: Projection;
  /** Whether only the largest filled rectangle is kept. */
  readonly isCropped: boolean;
}

const words: Readonly<Record<Projection, string>> = {
  rectilinear: "Straight lines stay straight. For views of less than about 100 degrees.",
  cylindrical: "Verticals stay upright, however far it reaches around.",
  spherical: "For several rows of photos, and all the way around.",
};
/** What can be chosen for a panorama. */
export function PanoramaPanel(props: PanelProps<PanoramaParameters>) {
  return (
    <>
      <SurfaceSections {...props} />
      {viewsOf(props.photos.map(({ photo }) => groupedPhoto(photo))) !== undefined && <AsBrackets />}
    </>
  );
}

/** These photos are brackets: the other recipe is theirs. */
function AsBrackets() {
  const [search] = useSearchParams();
  const other = new URLSearchParams(search);
  other.set("as", "hdr-panorama");
  return (
    <Section title="Brackets">
      <p className="text-xs text-dim">
        These photos are several exposures of each view. A panorama joins them as they are; an HDR panorama
        merges each view first, all in one go.
      </p>
      <Link to={`?${other.toString()}`} className="text-xs text-accent underline">
        Make an HDR panorama of them
      </Link>
    </Section>
  );
}

/** The surface that views are drawn on, and what becomes of its edges. */
export function SurfaceSections({
  value,
  onCommit,
}: Pick<PanelProps<PanoramaParameters>, "value" | "onCommit">) {
  return (
    <>
      <Section title="Surface">
        <Choice
          label="Projection"
          value={value.projection}
          options={[
            ["rectilinear", "Flat"],
            ["cylindrical", "Cylindrical"],
            ["spherical", "Spherical"],
          ]}
          onChange={(projection) => onCommit({ ...value, projection }, "projection")}
        />
        <p className="text-xs text-dim">{words[value.projection]}</p>
      </Section>
      <Section title="Edges">
        <Check
          label="Crop to the filled part"
          value={value.isCropped}
          onChange={(isCropped) => onCommit({ ...value, isCropped }, "crop")}
        />
        {!value.isCropped && <p className="text-xs text-dim">What no photo shows is black.</p>}
      </Section>
    </>
  );
}

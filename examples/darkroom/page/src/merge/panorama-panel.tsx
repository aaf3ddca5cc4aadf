import type { Projection } from "#darkroom/graph/panorama-cameras.ts";
import { lightOf } from "./hdr-parameters.ts";
import { Check, Choice, Section } from "./panel-parts.tsx";
import type { MergePhoto, PanelProps } from "./recipe.ts";

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
/** Photos of one scene whose light differs more than this are likely to be brackets. */
const bracketStops = 3;

/** What can be chosen for a panorama. */
export function PanoramaPanel({ value, photos, onCommit }: PanelProps<PanoramaParameters>) {
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
      {holdsBrackets(photos) && (
        <Section title="Brackets">
          <p className="text-xs text-dim">
            These photos look like brackets. Darkroom does not merge brackets and views at once: merge each
            bracket to HDR first, then the results to a panorama, or choose only the middle exposures.
          </p>
        </Section>
      )}
    </>
  );
}

function holdsBrackets(photos: readonly MergePhoto[]): boolean {
  const lights = photos.map(({ photo }) => lightOf(photo)).filter((light) => light !== undefined);
  return lights.length > 1 && Math.log2(Math.max(...lights) / Math.min(...lights)) > bracketStops;
}

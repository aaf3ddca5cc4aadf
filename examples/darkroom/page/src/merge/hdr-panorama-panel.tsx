import { HdrPanel } from "./hdr-panel.tsx";
import type { HdrParameters } from "./hdr-parameters.ts";
import { type PanoramaParameters, SurfaceSections } from "./panorama-panel.tsx";
import type { PanelProps } from "./recipe.ts";

/** What a user chooses for an HDR panorama: all views are merged alike. */
export interface HdrPanoramaParameters extends HdrParameters, PanoramaParameters {}

/** What can be chosen for an HDR panorama. */
export function HdrPanoramaPanel({ value, photos, onChange, onCommit }: PanelProps<HdrPanoramaParameters>) {
  return (
    <>
      <SurfaceSections
        value={value}
        onCommit={(surface, label) => onCommit({ ...value, ...surface }, label)}
      />
      <HdrPanel
        value={value}
        photos={photos}
        canStretch={false}
        onChange={(hdr) => onChange({ ...value, ...hdr })}
        onCommit={(hdr, label) => onCommit({ ...value, ...hdr }, label)}
      />
    </>
  );
}

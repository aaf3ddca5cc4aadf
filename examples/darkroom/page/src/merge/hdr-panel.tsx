import { Slider } from "../kit/slider.tsx";
import { type HdrParameters, usualHdr } from "./hdr-parameters.ts";
import { Choice, Check, Section } from "./panel-parts.tsx";
import type { PanelProps } from "./recipe.ts";

interface HdrPanelProps extends PanelProps<HdrParameters> {
  /** Views of a panorama are not stretched, each for itself; absent: they can be. */
  readonly canStretch?: boolean;
}

/** What can be chosen for an HDR merge. */
export function HdrPanel(props: HdrPanelProps) {
  const { value, onCommit } = props;
  return (
    <>
      <Section title="Method">
        <Choice
          label="Method"
          value={value.method}
          options={[
            ["fusion", "Fusion"],
            ["radiance", "Radiance"],
          ]}
          onChange={(method) => onCommit({ ...value, method }, "method")}
        />
        <p className="text-xs text-dim">
          {value.method === "fusion"
            ? "Takes the best exposed parts of each photo. Natural, and needs no tone curve."
            : "Measures the light itself, then maps it to the screen. For strong contrasts, OpenEXR and Radiance files."}
        </p>
      </Section>
      {value.method === "fusion" ? <Fusion {...props} /> : <Radiance {...props} />}
      <Section title="Movement">
        <Check
          label="Align the photos"
          value={value.isAligned}
          onChange={(isAligned) => onCommit({ ...value, isAligned }, "alignment")}
        />
        <Choice
          label="Ghost removal"
          value={value.ghosts}
          options={[
            ["none", "Off"],
            ["low", "Low"],
            ["medium", "Medium"],
            ["high", "High"],
          ]}
          onChange={(ghosts) => onCommit({ ...value, ghosts }, "ghost removal")}
        />
      </Section>
    </>
  );
}

function Fusion({ value, canStretch = true, onChange, onCommit }: HdrPanelProps) {
  const weights = [
    ["contrast", "Detail"],
    ["saturation", "Colour"],
    ["exposure", "Exposure"],
  ] as const;
  return (
    <Section title="What counts">
      {weights.map(([key, label]) => (
        <Slider
          key={key}
          label={label}
          value={value.weights[key]}
          usual={usualHdr.weights[key]}
          min={0}
          max={3}
          step={0.05}
          onChange={(weight) => onChange({ ...value, weights: { ...value.weights, [key]: weight } })}
          onCommit={(weight) =>
            onCommit({ ...value, weights: { ...value.weights, [key]: weight } }, label.toLowerCase())
          }
        />
      ))}
      {canStretch && (
        <Check
          label="Stretch to full contrast"
          value={value.isStretched}
          onChange={(isStretched) => onCommit({ ...value, isStretched }, "contrast")}
        />
      )}
    </Section>
  );
}

const curves = {
  reinhard: { key: "white", label: "White point", min: -4, max: 4, step: 0.1 },
  drago: { key: "bias", label: "Highlights", min: 0.5, max: 1, step: 0.01 },
  durand: { key: "contrast", label: "Contrast", min: 2, max: 10, step: 0.1 },
} as const;

function Radiance({ value, onChange, onCommit }: PanelProps<HdrParameters>) {
  const curve = curves[value.operator];
  const numbers = [
    { key: "exposure", label: "Brightness", min: -4, max: 4, step: 0.05 },
    curve,
    { key: "saturation", label: "Saturation", min: 0, max: 2, step: 0.02 },
  ] as const;
  return (
    <Section title="Tones">
      <Choice
        label="Tone curve"
        value={value.operator}
        options={[
          ["durand", "Durand"],
          ["reinhard", "Reinhard"],
          ["drago", "Drago"],
        ]}
        onChange={(operator) => onCommit({ ...value, operator }, "tone curve")}
      />
      {numbers.map(({ key, label, min, max, step }) => (
        <Slider
          key={key}
          label={label}
          value={value[key]}
          usual={usualHdr[key]}
          min={min}
          max={max}
          step={step}
          onChange={(number) => onChange({ ...value, [key]: number })}
          onCommit={(number) => onCommit({ ...value, [key]: number }, label.toLowerCase())}
        />
      ))}
      <Check
        label="Keep local contrast"
        value={value.isLocal}
        onChange={(isLocal) => onCommit({ ...value, isLocal }, "local contrast")}
      />
      <Choice
        label="Camera's response"
        value={value.response}
        options={[
          ["debevec", "Debevec"],
          ["robertson", "Robertson"],
          ["srgb", "sRGB"],
        ]}
        onChange={(response) => onCommit({ ...value, response }, "camera's response")}
      />
    </Section>
  );
}

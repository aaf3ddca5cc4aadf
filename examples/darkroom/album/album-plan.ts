import type { Fraction } from "./exif-write.ts";

/** The sample album's pictures and the truth about them. Lengths are pixels at scale 1, angles degrees. */
export interface BracketFrame {
  readonly name: string;
  readonly exposure: Fraction;
  readonly bias: Fraction;
  /** Where the frame's middle lies against the middle of the truth (right, down), and how far the frame is turned clockwise. */
  readonly shift: readonly [number, number];
  readonly turn: number;
}

/** A bracket of an HDR panorama, and where it was taken to. */
export interface BracketView {
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
  readonly frames: readonly BracketFrame[];
}

export interface PanoramaView {
  readonly name: string;
  readonly exposure: Fraction;
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
}

/** Where all pictures are taken from: east, up, north in metres. */
export const place = [0.7, 31.65, -4.6] as const;
export const landscapeCells = 1024;

/** Sensor exposure of radiance 1 in a second at f/8 and ISO 100. */
export const sensitivity = 12;

export const bracket = {
  width: 2400,
  height: 1600,
  /** The truth reaches beyond the frames by this much on every side. */
  margin: 48,
  focal: 1990,
  time: "2026-06-21T19:42:1",
  frames: [
    { name: "terrace-1.jpg", exposure: [1, 2000], bias: [-4, 1], shift: [6.4, -3.7], turn: 0.11 },
    { name: "terrace-2.jpg", exposure: [1, 500], bias: [-2, 1], shift: [-2.3, 4.9], turn: -0.06 },
    { name: "terrace-3.jpg", exposure: [1, 125], bias: [0, 1], shift: [0, 0], turn: 0 },
    { name: "terrace-4.jpg", exposure: [4, 125], bias: [2, 1], shift: [-7.8, -5.2], turn: 0.17 },
    { name: "terrace-5.jpg", exposure: [16, 125], bias: [4, 1], shift: [9.1, 2.6], turn: -0.13 },
  ] satisfies readonly BracketFrame[],
} as const;

/** Six views from the west over north to the east; 53° wide each, 25° apart, so that half of each overlaps. */
export const panorama = {
  width: 1400,
  height: 1050,
  focal: 1404,
  time: "2026-06-21T19:44:",
  views: [
    { name: "panorama-1.jpg", exposure: [1, 45], yaw: -63.5, pitch: 0.8, roll: -0.6 },
    { name: "panorama-2.jpg", exposure: [1, 50], yaw: -38.2, pitch: -0.5, roll: 0.9 },
    { name: "panorama-3.jpg", exposure: [1, 63], yaw: -12.7, pitch: 1.1, roll: 0.3 },
    { name: "panorama-4.jpg", exposure: [1, 80], yaw: 12.4, pitch: 0.2, roll: -1.1 },
    { name: "panorama-5.jpg", exposure: [1, 60], yaw: 37.6, pitch: -0.9, roll: 0.5 },
    { name: "panorama-6.jpg", exposure: [1, 48], yaw: 63.1, pitch: 0.4, roll: 1.2 },
  ] satisfies readonly PanoramaView[],
} as const;

const hdrSteps = [
  { exposure: [1, 500], bias: [-2, 1] },
  { exposure: [1, 125], bias: [0, 1] },
  { exposure: [4, 125], bias: [2, 1] },
] as const;

/** The frames of a view whose middle one lies over the truth; names count on from `first`. */
function handHeld(
  first: number,
  moved: readonly [Pick<BracketFrame, "shift" | "turn">, Pick<BracketFrame, "shift" | "turn">],
): readonly BracketFrame[] {
  const [before, after] = moved;
  const places = [before, { shift: [0, 0], turn: 0 } as const, after];
  return hdrSteps.map((step, index) => ({
    ...step,
    ...(places[index] ?? before),
    name: `lookout-${first + index}.jpg`,
  }));
}

/** Three views of three exposures each: an HDR panorama, small, because each view is one more to paint. */
export const hdrPanorama = {
  width: 720,
  height: 540,
  margin: 16,
  focal: 722,
  time: "2026-06-21T19:47:",
  views: [
    {
      yaw: -25.4,
      pitch: -0.6,
      roll: 0.7,
      frames: handHeld(1, [
        { shift: [2.1, -1.4], turn: 0.08 },
        { shift: [-1.7, 2.3], turn: -0.05 },
      ]),
    },
    {
      yaw: 0.3,
      pitch: 0.5,
      roll: -0.4,
      frames: handHeld(4, [
        { shift: [-2.6, 0.9], turn: -0.07 },
        { shift: [1.2, 1.8], turn: 0.1 },
      ]),
    },
    {
      yaw: 25.1,
      pitch: -0.2,
      roll: 0.5,
      frames: handHeld(7, [
        { shift: [0.8, 2.4], turn: 0.06 },
        { shift: [2.2, -1.1], turn: -0.09 },
      ]),
    },
  ] satisfies readonly BracketView[],
} as const;

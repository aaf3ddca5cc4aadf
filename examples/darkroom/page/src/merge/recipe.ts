import type { ComponentType } from "react";
import type { PhotoSource } from "#darkroom/graph/decoded-frame.ts";
import type { Rendering } from "#darkroom/graph/hdr.ts";
import type { JobGraph } from "#burst/graph.ts";
import type { Photo } from "../data/own-server.ts";
import type { MaskWanted } from "../engine/mask-tiles.ts";

export type MergeKind = "hdr" | "panorama" | "hdr-panorama";

/** A photo of a merge, and how its graph gets it. */
export interface MergePhoto {
  readonly photo: Photo;
  readonly source: PhotoSource;
}

/** What a recipe computes with in this page. */
export interface Kitchen {
  readonly packageHash: string;
  /** Runs a graph here; answers its results' bytes by their names. */
  run(graph: JobGraph): Promise<ReadonlyMap<string, Uint8Array<ArrayBuffer>>>;
  /** Puts bytes where graphs find them. */
  keep(bytes: Uint8Array<ArrayBuffer>): Promise<{ readonly blob: string; readonly bytes: number }>;
  masks(wanted: MaskWanted): Promise<readonly Uint8Array<ArrayBuffer>[]>;
}

/** What a full-size result holds beside the picture. */
export interface Keeping {
  readonly output: "u8" | "u16";
  readonly radiance: boolean;
}

export interface PanelProps<Parameters> {
  readonly value: Parameters;
  readonly photos: readonly MergePhoto[];
  /** While something is moved: seen at once, no step of undo. */
  readonly onChange: (value: Parameters) => void;
  /** A step of undo; `label` says what it was. */
  readonly onCommit: (value: Parameters, label: string) => void;
}

/**
 * A kind of merge: what is found out about the photos first, and how a picture of any size is made then. The preview and the full size are the same graph; the view knows
 * no more than this of what it merges.
 */
export interface Recipe<Parameters extends object, Analysis> {
  readonly kind: MergeKind;
  /** "Merge to HDR". */
  readonly title: string;
  /** What the result is called after the name of its first photo. */
  readonly suffix: string;
  usual(photos: readonly MergePhoto[]): Parameters;
  /** Parameters of equal keys need no other analysis. */
  analysisKey(parameters: Parameters): string;
  analyse(photos: readonly MergePhoto[], parameters: Parameters, kitchen: Kitchen): Promise<Analysis>;
  /** Size of the full result. */
  size(
    photos: readonly MergePhoto[],
    analysis: Analysis,
    parameters: Parameters,
  ): { width: number; height: number };
  render(
    photos: readonly MergePhoto[],
    analysis: Analysis,
    parameters: Parameters,
    wanted: { readonly level: number; readonly keeping: Keeping },
    kitchen: Kitchen,
  ): Promise<Rendering>;
  /** The photo that a result is compared with; undefined where none is its like. */
  before(photos: readonly MergePhoto[], parameters: Parameters): MergePhoto | undefined;
  /** Whether a result can have radiance. */
  hasRadiance(parameters: Parameters): boolean;
  /** Photos that the result is made of. */
  used(photos: readonly MergePhoto[], parameters: Parameters): readonly MergePhoto[];
  /** What is to be said about the analysis, such as a photo that does not fit. */
  remarks(photos: readonly MergePhoto[], analysis: Analysis, parameters: Parameters): readonly string[];
  /** For provenance: flat and small. */
  describe(parameters: Parameters): Readonly<Record<string, string | number | boolean>>;
  readonly Panel: ComponentType<PanelProps<Parameters>>;
  /** What is beside a photo in the strip. */
  readonly frames?: FrameChoices<Parameters> | undefined;
  /** Strokes that the user paints onto the picture. */
  readonly brush?: Brush<Parameters> | undefined;
}

/** Photos that can be left out, and the one that leads. */
export interface FrameChoices<Parameters> {
  isUsed(parameters: Parameters, photo: MergePhoto): boolean;
  isReference(parameters: Parameters, photos: readonly MergePhoto[], photo: MergePhoto): boolean;
  use(parameters: Parameters, photo: MergePhoto, isUsed: boolean): Parameters;
  lead(parameters: Parameters, photo: MergePhoto): Parameters;
}

/** A line over the picture: the photo is to be taken there, or is not. */
export interface Stroke {
  readonly photo: string;
  readonly kind: "take" | "avoid";
  readonly radius: number;
  /** x and y in pixels of the full size, one after the other. */
  readonly points: readonly number[];
}

export interface Brush<Parameters> {
  strokes(parameters: Parameters): readonly Stroke[];
  paint(parameters: Parameters, strokes: readonly Stroke[]): Parameters;
}

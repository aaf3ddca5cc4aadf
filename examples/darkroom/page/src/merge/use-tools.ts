import { useEffect, useMemo, useState } from "react";
import type { Shortcuts } from "../lib/shortcuts.ts";
import type { Stroke } from "./recipe.ts";
import type { ViewPort } from "./view-port.ts";

/** How one looks at the picture and what the pointer does; nothing of it changes the merge. */
export interface Tools {
  /** Undefined: the whole picture. */
  readonly view: ViewPort | undefined;
  readonly setView: (view: ViewPort | undefined) => void;
  /** Where before ends and after begins, 0 … 1; undefined: after alone. */
  readonly split: number | undefined;
  readonly setSplit: (split: number | undefined) => void;
  readonly isBlinking: boolean;
  readonly setBlinking: (isBlinking: boolean) => void;
  readonly isLoupe: boolean;
  readonly setLoupe: (isLoupe: boolean) => void;
  readonly brush: Stroke["kind"] | undefined;
  readonly setBrush: (brush: Stroke["kind"] | undefined) => void;
  readonly brushPhoto: string | undefined;
  readonly setBrushPhoto: (hash: string) => void;
  /** Thousandths of the picture's longer side. */
  readonly brushSize: number;
  readonly setBrushSize: (size: number) => void;
  readonly shortcuts: Shortcuts;
}

export const brushSizes = { min: 4, max: 120, usual: 24 } as const;

export function useTools(): Tools {
  const [view, setView] = useState<ViewPort>();
  const [split, setSplit] = useState<number>();
  const [isBlinking, setBlinking] = useState(false);
  const [isLoupe, setLoupe] = useState(false);
  const [brush, setBrush] = useState<Stroke["kind"]>();
  const [brushPhoto, setBrushPhoto] = useState<string>();
  const [brushSize, setBrushSize] = useState<number>(brushSizes.usual);
  // Before is shown as long as the key is down.
  useEffect(() => {
    const release = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === "b") setBlinking(false);
    };
    window.addEventListener("keyup", release);
    return () => window.removeEventListener("keyup", release);
  }, []);
  const shortcuts = useMemo(
    () => ({
      b: () => setBlinking(true),
      y: () => setSplit((now) => (now === undefined ? 0.5 : undefined)),
      l: () => setLoupe((now) => !now),
      p: () => setBrush((now) => (now === "take" ? undefined : "take")),
      x: () => setBrush((now) => (now === "avoid" ? undefined : "avoid")),
      "[": () => setBrushSize((size) => Math.max(brushSizes.min, size * 0.8)),
      "]": () => setBrushSize((size) => Math.min(brushSizes.max, size * 1.25)),
      escape: () => setBrush(undefined),
    }),
    [],
  );
  return {
    view,
    setView,
    split,
    setSplit,
    isBlinking,
    setBlinking,
    isLoupe,
    setLoupe,
    brush,
    setBrush,
    brushPhoto,
    setBrushPhoto,
    brushSize,
    setBrushSize,
    shortcuts,
  };
}

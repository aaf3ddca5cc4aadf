import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import type { AlbumStore } from "../data/album-store.ts";
import type { Photo } from "../data/own-server.ts";
import { useShortcuts } from "../lib/shortcuts.ts";
import { FramesStrip } from "./frames-strip.tsx";
import { HistogramView } from "./histogram-view.tsx";
import { MergeAside } from "./merge-aside.tsx";
import { MergeBar } from "./merge-bar.tsx";
import { useMergeRun } from "./merge-run-state.ts";
import { RunPanel } from "./run-panel.tsx";
import { sessionFor } from "./sessions.ts";
import type { MergePhoto, Recipe } from "./recipe.ts";
import { useBefore } from "./use-before.ts";
import { usePictureOf } from "./use-picture-of.ts";
import { useHistogram } from "./use-histogram.ts";
import { type Tools, useTools } from "./use-tools.ts";
import { Viewer } from "./viewer.tsx";
import { fitted, panned, type Extent, zoomed } from "./view-port.ts";

const panStep = 80;

/** One merge: the picture as it would be, what can be chosen, and the way to the full size. */
export function MergeView<P extends object, A>(props: {
  readonly recipe: Recipe<P, A>;
  readonly store: AlbumStore;
  readonly photos: readonly Photo[];
}) {
  const { recipe, store } = props;
  const session = useMemo(() => sessionFor(store.id, recipe, props.photos), [store.id, recipe, props.photos]);
  const state = useSyncExternalStore(session.subscribe, session.read);
  const tools = useTools();
  const run = useMergeRun(session, store);
  const { parameters, photos } = state;
  const size = run.view.size ?? state.size ?? firstSize(photos);
  const beforePhoto = photos.length === 0 ? undefined : recipe.before(photos, parameters);
  const before = useBefore(beforePhoto);
  const made = usePictureOf(parameters, run.picture, state.stage === "ready");
  const layers = made === undefined ? session.layers : [...session.layers, made];
  const isResult = made !== undefined && run.isComplete;
  const onRunDrawn = run.onDrawn;
  const onDrawn = useMemo(
    () => (listener: () => void) => {
      const stops = [session.onDrawn(listener), onRunDrawn(listener)];
      return () => stops.forEach((stop) => stop());
    },
    [session, onRunDrawn],
  );
  const histogram = useHistogram(onDrawn, () => (isResult ? made : session.layers.at(-1)));
  const { brush } = recipe;
  const strokes = brush?.strokes(parameters) ?? [];
  const brushPhoto = (
    recipe.used(photos, parameters).find(({ photo }) => photo.hash === tools.brushPhoto) ?? beforePhoto
  )?.photo.hash;
  const [canvas, setCanvas] = useState<Extent>({ width: 1, height: 1 });
  useViewKeys({ tools, size, canvas, onMerge: () => run.open() });
  useEffect(() => {
    document.title = `${recipe.title} – Darkroom`;
    return () => {
      document.title = "Darkroom";
    };
  }, [recipe.title]);
  return (
    <div className="flex min-h-0 grow flex-col lg:h-[calc(100dvh-3rem)] lg:flex-row">
      <div className="flex min-h-0 min-w-0 flex-col lg:grow">
        <MergeBar
          recipe={recipe}
          album={store.id}
          state={state}
          tools={tools}
          run={run}
          hasBefore={before !== undefined}
        />
        <div className="relative h-[44dvh] lg:h-auto lg:grow">
          {size !== undefined && (
            <Viewer
              label={`${recipe.title}: ${isResult ? "result" : "preview"}`}
              scene={{
                size,
                layers,
                before,
                split: tools.split,
                isBlinking: tools.isBlinking,
                strokes: tools.brush === undefined ? [] : strokes,
                overlay: made === undefined ? [] : run.overlay,
              }}
              view={tools.view}
              onView={(next, extent) => {
                setCanvas(extent);
                tools.setView(next);
              }}
              onExtent={setCanvas}
              onDrawn={onDrawn}
              onLevel={made !== undefined && (run.isBusy || isResult) ? comesAnyway : session.looked}
              onSplit={tools.setSplit}
              isLoupe={tools.isLoupe}
              brush={
                tools.brush === undefined || brushPhoto === undefined
                  ? undefined
                  : { kind: tools.brush, photo: brushPhoto, radius: brushRadius(size, tools.brushSize) }
              }
              onStroke={(stroke) =>
                brush !== undefined &&
                session.commit(brush.paint(parameters, [...strokes, stroke]), "brush stroke")
              }
            />
          )}
          <Status
            stage={state.stage}
            failure={state.failure}
            loaded={state.loaded}
            count={props.photos.length}
          />
        </div>
        <RunPanel run={run} />
        <FramesStrip
          photos={photos}
          parameters={parameters}
          choices={recipe.frames}
          painted={tools.brush === undefined ? undefined : brushPhoto}
          onCommit={(next, label) => session.commit(next, label)}
        />
      </div>
      <aside
        aria-label="Settings"
        className="relative flex shrink-0 flex-col border-line bg-raised max-lg:border-t lg:w-80 lg:overflow-y-auto lg:border-l"
      >
        <HistogramView histogram={histogram} />
        <MergeAside recipe={recipe} session={session} state={state} tools={tools} brushPhoto={brushPhoto} />
      </aside>
    </div>
  );
}

function Status(props: {
  readonly stage: string;
  readonly failure: string | undefined;
  readonly loaded: number;
  readonly count: number;
}) {
  const { stage, failure, loaded, count } = props;
  if (failure !== undefined)
    return (
      <p
        role="alert"
        className="absolute inset-x-4 top-4 rounded-md border border-bad/50 bg-raised p-3 text-bad"
      >
        {failure}
      </p>
    );
  if (stage !== "loading") return null;
  return (
    <p role="status" className="absolute inset-0 grid place-items-center text-dim">
      Fetching photo {Math.min(loaded + 1, count)} of {count}…
    </p>
  );
}

/** Every pixel is being made, or is there: a finer preview would take the cores for nothing. */
function comesAnyway(): void {
  return undefined;
}

function firstSize(photos: readonly MergePhoto[]): Extent | undefined {
  return photos[0]?.source;
}

/** `share` of a brush is of the picture's longer side, in thousandths. */
function brushRadius({ width, height }: Extent, share: number): number {
  return Math.max(2, (Math.max(width, height) * share) / 1000);
}

/** Keys that move the view and begin the merge; those of the tools are theirs. */
function useViewKeys(given: {
  readonly tools: Tools;
  readonly size: Extent | undefined;
  readonly canvas: Extent;
  readonly onMerge: () => void;
}): void {
  const { tools, size, canvas } = given;
  const centre = { x: canvas.width / 2, y: canvas.height / 2 };
  const view = tools.view ?? (size === undefined ? undefined : fitted(size, canvas));
  const zoom = (factor: number) =>
    size !== undefined && view !== undefined && tools.setView(zoomed(view, factor, centre, size, canvas));
  const pan = (dx: number, dy: number) =>
    size !== undefined && view !== undefined && tools.setView(panned(view, dx, dy, size));
  useShortcuts({
    ...tools.shortcuts,
    "+": () => zoom(1.25),
    "=": () => zoom(1.25),
    "-": () => zoom(0.8),
    "0": () => tools.setView(undefined),
    "1": () => view !== undefined && zoom(1 / window.devicePixelRatio / view.zoom),
    arrowleft: () => pan(panStep, 0),
    arrowright: () => pan(-panStep, 0),
    arrowup: () => pan(0, panStep),
    arrowdown: () => pan(0, -panStep),
    "mod+enter": given.onMerge,
  });
}

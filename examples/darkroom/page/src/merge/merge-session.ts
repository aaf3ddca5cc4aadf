import type { JobGraph } from "#burst/graph.ts";
import type { Photo } from "../data/own-server.ts";
import { type Engine, openEngine } from "../engine/engine.ts";
import { runLocally } from "../engine/local-run.ts";
import { tilePainter } from "../engine/tile-painter.ts";
import { start } from "../lib/start.ts";
import { history } from "../lib/undo.ts";
import { wordsOf } from "../lib/words.ts";
import { photoSource } from "./photo-source.ts";
import { Picture } from "./picture.ts";
import type { Kitchen, MergePhoto, Recipe } from "./recipe.ts";

export interface MergeState<P> {
  readonly stage: "loading" | "ready" | "failed";
  /** Photos that are here already. */
  readonly loaded: number;
  readonly failure?: string | undefined;
  readonly photos: readonly MergePhoto[];
  readonly parameters: P;
  readonly remarks: readonly string[];
  /** Of the full result, once it is known. */
  readonly size?: { readonly width: number; readonly height: number } | undefined;
  /** Share of the running preview's tasks that are done; undefined when none runs. */
  readonly working?: number | undefined;
  /** What is being done, in words. */
  readonly activity: string;
}

/** Longer side of the first, coarse preview. */
const coarseSide = 640;
/** A preview takes no more than this: pixels of all its photos together. */
const previewPixels = 40_000_000;
const maxLevel = 5;
const previewKeeping = { output: "u8", radiance: false } as const;

/**
 * One merge that is being prepared: its photos, what was chosen, and its previews. A change aborts the preview that runs; the next one begins coarse. Each task's result is
 * remembered, so that only what a change touches is computed again.
 */
export class MergeSession<P extends object, A> {
  readonly recipe: Recipe<P, A>;
  readonly wanted: readonly Photo[];
  /** Newest on top; tiles of older ones show where newer ones are missing. */
  readonly layers: Picture[] = [];
  #state: MergeState<P>;
  #engine: Engine | undefined;
  #analysis: { readonly key: string; readonly found: Promise<A> } | undefined;
  #running: AbortController | undefined;
  #level = 2;
  /** Parameters of the last step of undo. */
  #committed: P | undefined;
  readonly #closed = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #drawn = new Set<() => void>();

  constructor(recipe: Recipe<P, A>, wanted: readonly Photo[]) {
    this.recipe = recipe;
    this.wanted = wanted;
    const parameters = recipe.usual([]);
    this.#state = {
      stage: "loading",
      loaded: 0,
      photos: [],
      parameters,
      remarks: [],
      activity: "Fetching photos",
    };
    start("The merge could not be opened", async () => await this.#load());
  }

  readonly read = () => this.#state;
  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  /** Told when a tile came: for canvases, which React does not draw. */
  readonly onDrawn = (listener: () => void) => {
    this.#drawn.add(listener);
    return () => this.#drawn.delete(listener);
  };

  /** Seen at once; no step of undo. */
  change(parameters: P): void {
    this.#committed ??= this.#state.parameters;
    this.#patch({ parameters });
    this.#refresh();
  }

  /** A step of undo. */
  commit(parameters: P, label: string): void {
    const before = this.#committed ?? this.#state.parameters;
    this.#committed = undefined;
    this.#apply(parameters);
    if (JSON.stringify(before) === JSON.stringify(parameters)) return;
    history.push({ label, undo: () => this.#apply(before), redo: () => this.#apply(parameters) });
  }

  /** How fine the view needs it: 0 is the full size. */
  readonly looked = (level: number): void => {
    const finest = this.#finestLevel();
    const next = Math.max(finest, Math.min(maxLevel, level));
    if (next >= this.#level) return;
    this.#level = next;
    this.#refresh();
  };

  /** The full-size graph of what is chosen now. */
  async full(keeping: { readonly output: "u8" | "u16"; readonly radiance: boolean }) {
    const { photos, parameters } = this.#state;
    const engine = await openEngine();
    const analysis = await this.#analysed(parameters);
    const kitchen = this.#kitchen(engine, this.#closed.signal);
    return await this.recipe.render(photos, analysis, parameters, { level: 0, keeping }, kitchen);
  }

  /** Stops previews, so that a merge has all cores. */
  rest(): void {
    this.#running?.abort();
    this.#patch({ working: undefined });
  }

  close(): void {
    this.#closed.abort();
    this.#running?.abort();
    for (const layer of this.layers.splice(0)) layer.close();
  }

  #apply(parameters: P): void {
    this.#patch({ parameters });
    this.#refresh();
  }

  #patch(part: Partial<MergeState<P>>): void {
    this.#state = { ...this.#state, ...part };
    for (const listener of this.#listeners) listener();
  }

  #tellDrawn(): void {
    for (const listener of this.#drawn) listener();
  }

  async #load(): Promise<void> {
    try {
      const engine = (this.#engine = await openEngine());
      const photos: MergePhoto[] = [];
      for (const photo of this.wanted) {
        photos.push({ photo, source: await photoSource(engine, photo, this.#closed.signal) });
        this.#patch({ loaded: photos.length });
      }
      this.#patch({ stage: "ready", photos, parameters: this.recipe.usual(photos) });
      this.#level = Math.max(this.#finestLevel(), this.#levelOf(1280));
      this.#refresh();
    } catch (error) {
      if (!this.#closed.signal.aborted) this.#patch({ stage: "failed", failure: wordsOf(error) });
    }
  }

  #levelOf(side: number): number {
    const longest = Math.max(
      1,
      ...this.#state.photos.map(({ source }) => Math.max(source.width, source.height)),
    );
    let level = 0;
    while (level < maxLevel && longest / 2 ** level > side) level += 1;
    return level;
  }

  #finestLevel(): number {
    const pixels = this.#state.photos.reduce((sum, { source }) => sum + source.width * source.height, 0);
    let level = 0;
    while (level < maxLevel && pixels / 4 ** level > previewPixels) level += 1;
    return level;
  }

  #refresh(): void {
    if (this.#state.stage !== "ready" || this.#closed.signal.aborted) return;
    this.#running?.abort();
    const running = (this.#running = new AbortController());
    start("The preview could not be made", async () => {
      try {
        await this.#preview(running.signal);
        if (this.#running === running) this.#patch({ working: undefined, failure: undefined });
      } catch (error) {
        if (running.signal.aborted) return;
        this.#patch({ working: undefined, failure: wordsOf(error) });
      }
    });
  }

  async #preview(signal: AbortSignal): Promise<void> {
    const { parameters, photos } = this.#state;
    const engine = this.#engine ?? (await openEngine());
    this.#patch({ working: 0, failure: undefined, activity: "Comparing the photos" });
    const analysis = await this.#analysed(parameters);
    signal.throwIfAborted();
    this.#patch({
      size: this.recipe.size(photos, analysis, parameters),
      remarks: this.recipe.remarks(photos, analysis, parameters),
      activity: "Rendering",
    });
    const coarse = Math.max(this.#level, this.#levelOf(coarseSide));
    for (const level of new Set([coarse, this.#level])) {
      const kitchen = this.#kitchen(engine, signal);
      const wanted = { level, keeping: previewKeeping };
      const rendering = await this.recipe.render(photos, analysis, parameters, wanted, kitchen);
      await this.#draw(engine, rendering, level, signal);
    }
  }

  async #draw(
    engine: Engine,
    { graph, width, height }: { readonly graph: JobGraph; readonly width: number; readonly height: number },
    level: number,
    signal: AbortSignal,
  ): Promise<void> {
    const picture = new Picture(width, height, 2 ** level);
    this.layers.push(picture);
    const names = resultNames(graph);
    const painting: Promise<unknown>[] = [];
    let done = 0;
    try {
      await runLocally(graph, {
        ...engine,
        signal,
        onTask: (task, state, outputs) => {
          if (state !== "done") return;
          this.#patch({ working: (done += 1) / graph.tasks.length });
          for (const [output, hash] of outputs.entries()) {
            const name = names.get(`${task} ${output}`);
            const bytes = name === undefined ? undefined : engine.blobs.get(hash);
            if (name === undefined || bytes === undefined) continue;
            painting.push(picture.put(name, bytes).then(() => this.#tellDrawn()));
          }
        },
      });
      await Promise.all(painting);
    } catch (error) {
      await Promise.allSettled(painting);
      this.layers.splice(this.layers.indexOf(picture), 1);
      picture.close();
      this.#tellDrawn();
      throw error;
    }
    for (const older of this.layers.splice(0, this.layers.indexOf(picture))) older.close();
    this.#tellDrawn();
  }

  async #analysed(parameters: P): Promise<A> {
    const key = this.recipe.analysisKey(parameters);
    if (this.#analysis?.key !== key) {
      const engine = this.#engine ?? (await openEngine());
      const kitchen = this.#kitchen(engine, this.#closed.signal);
      this.#analysis = { key, found: this.recipe.analyse(this.#state.photos, parameters, kitchen) };
    }
    const { found } = this.#analysis;
    try {
      return await found;
    } catch (error) {
      if (this.#analysis.found === found) this.#analysis = undefined;
      throw error;
    }
  }

  #kitchen(engine: Engine, signal: AbortSignal): Kitchen {
    const { blobs, kernels } = engine;
    return {
      packageHash: kernels.packageHash,
      run: async (graph) => {
        const hashes = await runLocally(graph, { ...engine, signal });
        return new Map(
          [...hashes].flatMap(([name, hash]) => {
            const bytes = blobs.get(hash);
            return bytes === undefined ? [] : [[name, bytes] as const];
          }),
        );
      },
      keep: async (bytes) => {
        const kept = await blobs.add(bytes);
        blobs.hold(kept.blob);
        return kept;
      },
      masks: async (wanted) => await tilePainter.masks(wanted),
    };
  }
}

/** Names of pictures' tiles by the outputs that are them: `task output`. */
export function resultNames({ results }: JobGraph): ReadonlyMap<string, string> {
  return new Map(
    results.flatMap(({ name, from }) =>
      "task" in from && !name.includes(" ") ? [[`${from.task} ${from.output}`, name] as const] : [],
    ),
  );
}

import type { MaskWanted } from "./mask-tiles.ts";
import type { Counts } from "./tile-paint.ts";
import type { TileAnswer, TileRequest } from "./tile-worker.ts";

export interface PaintedTile {
  readonly bitmap: ImageBitmap;
  readonly counts: Counts;
}

type Work = TileRequest extends infer Request
  ? Request extends { id: number }
    ? Omit<Request, "id">
    : never
  : never;

/** Makes tiles into what a canvas draws, away from the page's thread. */
class TilePainter {
  #worker: Worker | undefined;
  #next = 0;
  readonly #asked = new Map<number, PromiseWithResolvers<TileAnswer>>();

  async paint(tile: Uint8Array): Promise<PaintedTile> {
    const answer = await this.#ask({ kind: "paint", tile });
    if (!("bitmap" in answer)) throw new Error("A tile could not be shown.");
    return answer;
  }

  /** The same tile in 8 bits, in strips of so many rows. */
  async narrow(tile: Uint8Array, rows: number): Promise<readonly Uint8Array<ArrayBuffer>[]> {
    const answer = await this.#ask({ kind: "narrow", tile, rows });
    if (!("strips" in answer)) throw new Error("A tile could not be made smaller.");
    return answer.strips;
  }

  async masks(wanted: MaskWanted): Promise<readonly Uint8Array<ArrayBuffer>[]> {
    const answer = await this.#ask({ kind: "mask", wanted });
    if (!("masks" in answer)) throw new Error("What was painted could not be used.");
    return answer.masks;
  }

  async #ask(work: Work): Promise<TileAnswer> {
    this.#worker ??= this.#start();
    const id = (this.#next += 1);
    const asked = Promise.withResolvers<TileAnswer>();
    this.#asked.set(id, asked);
    this.#worker.postMessage({ ...work, id }, { transfer: [] });
    const answer = await asked.promise;
    if ("failure" in answer) throw new Error(answer.failure);
    return answer;
  }

  #start(): Worker {
    const worker = new Worker(new URL("tile-worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<TileAnswer>) => {
      this.#asked.get(data.id)?.resolve(data);
      this.#asked.delete(data.id);
    });
    worker.addEventListener("error", () => {
      for (const { reject } of this.#asked.values()) reject(new Error("The worker that paints tiles broke."));
      this.#asked.clear();
      worker.terminate();
      this.#worker = undefined;
    });
    return worker;
  }
}

export const tilePainter = new TilePainter();

import { exchangeLimits } from "./limits.ts";

/**
 * What has come of a request's body, kept so that it can be sent when a member is found and sent again when that member fails.
 * Beyond the limit nothing is kept: such a request is sent once.
 */
export class RequestBody {
  /** All that has come is kept here. */
  isWhole = true;
  keptBytes = 0;
  readonly #pieces: Buffer[] = [];

  keep(piece: Buffer): void {
    if (!this.isWhole) return;
    this.#pieces.push(piece);
    this.keptBytes += piece.length;
  }

  /** After the pieces were sent once. */
  forgetWhenLarge(): void {
    if (this.isWhole && this.keptBytes > exchangeLimits.replayBytes) this.forget();
  }

  forget(): void {
    this.isWhole = false;
    this.#pieces.length = 0;
    this.keptBytes = 0;
  }

  get pieces(): readonly Buffer[] {
    return this.#pieces;
  }
}

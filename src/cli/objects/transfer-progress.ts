import type { CliIo } from "#cli/io.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { bytesText } from "#cli/output/units.ts";
import { Progress } from "#cli/progress.ts";

/** How far a transfer of many files is, and what became of them. */
export class TransferProgress {
  readonly #progress: Progress;
  readonly #verb: string;
  readonly #totalFiles: number;
  readonly #totalBytes: number;
  #bytes = 0;
  done = 0;
  skipped = 0;

  constructor(io: CliIo, verb: string, files: readonly { readonly sizeBytes: number }[]) {
    this.#progress = new Progress(io);
    this.#verb = verb;
    this.#totalFiles = files.length;
    this.#totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes that were sent or received, or were there already. */
  moved(bytes: number, name: string): void {
    this.#bytes += bytes;
    const percent = this.#totalBytes === 0 ? 100 : Math.floor((this.#bytes * 100) / this.#totalBytes);
    const files = `${this.done + this.skipped} of ${this.#totalFiles} files`;
    this.#progress.show(
      `${this.#verb} ${files}, ${bytesText(this.#bytes)} of ${bytesText(this.#totalBytes)} (${percent} %) ${harmlessLine(name)}`,
      `${this.#verb} ${Math.floor(percent / 10) * 10}`,
    );
  }

  clear(): void {
    this.#progress.clear();
  }
}

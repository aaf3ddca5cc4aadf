import type { CliIo } from "#cli/io.ts";

/** One line of talk that changes in place on a terminal; elsewhere a line for each thing worth saying. */
export class Progress {
  readonly #io: CliIo;
  #shown = "";

  constructor(io: CliIo) {
    this.#io = io;
  }

  /** `line` is harmless text. `milestone` is what must change for a new line where there is no terminal. */
  show(line: string, milestone: string): void {
    if (this.#io.isTty.stderr) {
      this.#io.stderr(`\r\u001b[K${line.slice(0, 200)}`);
      this.#shown = line;
    } else if (this.#shown !== milestone) {
      this.#io.stderr(`${line}\n`);
      this.#shown = milestone;
    }
  }

  /** Takes the line away, so that what follows begins on a clean one. */
  clear(): void {
    if (this.#io.isTty.stderr && this.#shown !== "") this.#io.stderr("\r\u001b[K");
    this.#shown = "";
  }
}

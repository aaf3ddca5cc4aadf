import { appendFile, readFile, stat } from "node:fs/promises";
import { randomUUID } from "node:crypto";

export interface Comment {
  readonly id: string;
  readonly story: string;
  readonly name: string;
  readonly text: string;
  readonly at: string;
}

export const commentLimits = { name: 40, text: 1000, perStory: 200, fileBytes: 4 * 1024 * 1024 } as const;

/**
 * One JSON line for each comment, in a file that all copies share. A line is appended by one write, so two copies never
 * mix theirs; each copy reads the file again when it has changed.
 */
export class Comments {
  readonly #file: string;
  #seen = "";
  #all: readonly Comment[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  async of(story: string): Promise<readonly Comment[]> {
    await this.#refresh();
    return this.#all.filter((comment) => comment.story === story).slice(-commentLimits.perStory);
  }

  async all(): Promise<readonly Comment[]> {
    await this.#refresh();
    return this.#all;
  }

  /** False when the file is full. */
  async add(story: string, name: string, text: string, now: number): Promise<boolean> {
    await this.#refresh();
    const comment: Comment = { id: randomUUID(), story, name, text, at: new Date(now).toISOString() };
    const line = `${JSON.stringify(comment)}\n`;
    const size = (await stat(this.#file).catch(() => undefined))?.size ?? 0;
    if (size + line.length > commentLimits.fileBytes) return false;
    await this.#append(line);
    return true;
  }

  /** Also a line of its own: to write the file anew could lose what another copy appends at the same moment. */
  async remove(id: string): Promise<void> {
    await this.#append(`${JSON.stringify({ removed: id })}\n`);
  }

  async #append(line: string): Promise<void> {
    await appendFile(this.#file, line, { mode: 0o600, flush: true });
  }

  async #refresh(): Promise<void> {
    const facts = await stat(this.#file).catch(() => undefined);
    const seen = facts === undefined ? "" : `${facts.ino}:${facts.size}:${facts.mtimeMs}`;
    if (seen === this.#seen) return;
    const text = facts === undefined ? "" : await readFile(this.#file, "utf8");
    const lines = text.split("\n").flatMap(parse);
    const removed = new Set(lines.flatMap((line) => ("removed" in line ? [line.removed] : [])));
    this.#all = lines.flatMap((line) => ("removed" in line || removed.has(line.id) ? [] : [line]));
    this.#seen = seen;
  }
}

function parse(line: string): readonly (Comment | { readonly removed: string })[] {
  if (line === "") return [];
  try {
    return [JSON.parse(line) as Comment | { readonly removed: string }]; // our own file; a torn last line of a full disk is left out
  } catch {
    return [];
  }
}

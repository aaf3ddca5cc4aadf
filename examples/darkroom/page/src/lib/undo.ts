import { useSyncExternalStore } from "react";

interface Step {
  readonly label: string;
  readonly undo: () => void | Promise<void>;
  readonly redo: () => void | Promise<void>;
}

const maxSteps = 100;

/** What was done, newest last: Ctrl+Z takes back, Ctrl+Shift+Z does again. One for the page. */
class History {
  #done: readonly Step[] = [];
  #undone: readonly Step[] = [];
  readonly #listeners = new Set<() => void>();
  #shown: { readonly undo: string | undefined; readonly redo: string | undefined } = {
    undo: undefined,
    redo: undefined,
  };

  /** Notes a step that was done already. */
  push(step: Step): void {
    this.#done = [...this.#done, step].slice(-maxSteps);
    this.#undone = [];
    this.#tell();
  }

  async undo(): Promise<void> {
    const step = this.#done.at(-1);
    if (step === undefined) return;
    this.#done = this.#done.slice(0, -1);
    this.#undone = [...this.#undone, step];
    this.#tell();
    await step.undo();
  }

  async redo(): Promise<void> {
    const step = this.#undone.at(-1);
    if (step === undefined) return;
    this.#undone = this.#undone.slice(0, -1);
    this.#done = [...this.#done, step];
    this.#tell();
    await step.redo();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly shown = () => this.#shown;

  #tell(): void {
    this.#shown = { undo: this.#done.at(-1)?.label, redo: this.#undone.at(-1)?.label };
    for (const listener of this.#listeners) listener();
  }
}

export const history = new History();

/** What could be taken back and done again now, in words. */
export function useHistory(): { readonly undo: string | undefined; readonly redo: string | undefined } {
  return useSyncExternalStore(history.subscribe, history.shown);
}

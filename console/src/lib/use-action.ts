import { useState } from "react";
import { VdcError } from "#api/errors.ts";

/** Something that a person starts: whether it runs, and why it failed. A second start while it runs is ignored. */
export function useAction<A extends readonly unknown[]>(action: (...given: A) => Promise<void>) {
  const [state, setState] = useState<{ readonly busy: boolean; readonly error: unknown }>({
    busy: false,
    error: undefined,
  });
  async function perform(given: A): Promise<void> {
    setState({ busy: true, error: undefined });
    try {
      await action(...given);
      setState({ busy: false, error: undefined });
    } catch (error) {
      // The session's end is told by a dialog of its own, over the page; after it the action can be tried again.
      const isOver = error instanceof VdcError && error.code === "unauthenticated";
      setState({ busy: false, error: isOver ? undefined : error }); // shown by whoever holds the action
    }
  }
  return {
    ...state,
    run: (...given: A): void => {
      if (!state.busy) void perform(given);
    },
    reset: (): void => setState({ busy: false, error: undefined }),
  };
}

import { useCallback, useEffect, useState } from "react";
import type { AlbumStore } from "../data/album-store.ts";
import { wordsOf } from "../lib/words.ts";
import { markSaved } from "./run-records.ts";
import type { RunState } from "./run-state.ts";
import { type SavedResult, saveResult } from "./save-result.ts";

export interface Saving {
  readonly saved: SavedResult | undefined;
  /** Why the result is not in the album, in words. */
  readonly failure: string | undefined;
  readonly again: () => void;
}

type Outcome =
  | { readonly results: unknown; readonly saved: SavedResult }
  | { readonly results: unknown; readonly failure: string };

/** Puts a result into the album as soon as it is there; what failed is tried again when the user says so. */
export function useSavedResult(store: AlbumStore, suffix: string, view: RunState): Saving {
  const { results, taskIds, record, job } = view;
  const ordered = job?.id;
  const [outcome, setOutcome] = useState<Outcome>();
  const save = useCallback(() => {
    if (results === undefined || taskIds === undefined || record === undefined) return;
    saveResult({ store, results, taskIds, record, suffix, job: ordered }).then(
      (saved) => {
        if (ordered !== undefined) markSaved(ordered);
        return setOutcome({ results, saved });
      },
      (error: unknown) => setOutcome({ results, failure: wordsOf(error) }),
    );
  }, [store, suffix, results, taskIds, record, ordered]);
  useEffect(save, [save]);
  // What became of an earlier result says nothing of this one.
  const now = results !== undefined && outcome?.results === results ? outcome : undefined;
  return {
    saved: now !== undefined && "saved" in now ? now.saved : undefined,
    failure: now !== undefined && "failure" in now ? now.failure : undefined,
    again: () => {
      setOutcome(undefined);
      save();
    },
  };
}

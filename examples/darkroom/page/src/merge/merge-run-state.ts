import { useEffect, useState } from "react";
import { useSearchParams } from "react-router";
import type { AlbumStore } from "../data/album-store.ts";
import { useMe } from "../data/session.tsx";
import { start } from "../lib/start.ts";
import type { MergeSession } from "./merge-session.ts";
import { MergeRun } from "./merge-run.ts";
import type { Keeping } from "./recipe.ts";
import { readRun, type RunRecord } from "./run-records.ts";
import type { RunState, RunSubject } from "./run-state.ts";
import type { OverlayTile } from "./draw-scene.ts";
import type { Picture } from "./picture.ts";
import { useStore } from "./store.ts";
import { type Saving, useSavedResult } from "./use-saved-result.ts";

export interface MergeRunView {
  readonly run: MergeRun;
  readonly view: RunState;
  readonly picture: Picture | undefined;
  readonly overlay: readonly OverlayTile[];
  readonly isBusy: boolean;
  readonly isComplete: boolean;
  readonly saving: Saving;
  readonly keeping: Keeping;
  readonly canHaveRadiance: boolean;
  /** Weighs the ways (again), keeping this in the result. */
  readonly open: (keeping?: Keeping) => void;
  readonly onDrawn: (listener: () => void) => () => void;
}

const usualKeeping: Keeping = { output: "u16", radiance: false };

/** The full-size run of a merge view: begun, found again by `?job=`, saved when it is done. */
export function useMergeRun<P extends object, A>(
  session: MergeSession<P, A>,
  store: AlbumStore,
): MergeRunView {
  const me = useMe();
  const [search, setSearch] = useSearchParams();
  const [keeping, setKeeping] = useState(usualKeeping);
  const subject = (): RunSubject => ({
    title: titleOf(session),
    originals: new Set(session.wanted.map(({ hash }) => hash)),
    me,
    rest: () => session.rest(),
    full: async (wanted) => await session.full(wanted),
    onJob: (job) =>
      setSearch(
        (before) => {
          const next = new URLSearchParams(before);
          if (job === undefined) next.delete("job");
          else next.set("job", job);
          return next;
        },
        { replace: true },
      ),
    record: (kept) => recordOf(session, store.id, kept),
  });
  // One run for as long as the view of this session is open.
  const [run] = useState(() => new MergeRun(subject()));
  useEffect(() => run.serve(subject()));
  const view = useStore(run.state);
  const job = search.get("job");

  useEffect(() => {
    const { phase } = run.state.read();
    const record = job === null ? undefined : readRun(job);
    if (job === null || record === undefined || phase !== "idle") return;
    start("The merge could not be found again", async () => await run.resume(job, record));
  }, [run, job]);
  useEffect(() => () => run.close(), [run]);

  const { phase } = view;
  const saving = useSavedResult(store, session.recipe.suffix, view);
  const canHaveRadiance = session.recipe.hasRadiance(session.read().parameters);
  return {
    run,
    view,
    picture: run.picture,
    overlay: view.overlay,
    isBusy: phase !== "idle" && phase !== "done" && phase !== "stopped",
    isComplete: phase === "done",
    saving,
    keeping,
    canHaveRadiance,
    open: (next = keeping) => {
      const wanted = { ...next, radiance: next.radiance && canHaveRadiance };
      setKeeping(wanted);
      start("The merge could not be prepared", async () => await run.prepare(wanted));
    },
    onDrawn: run.onDrawn,
  };
}

function titleOf<P extends object, A>({ recipe, wanted }: MergeSession<P, A>): string {
  return `${recipe.title}: ${wanted[0]?.name ?? ""}`.slice(0, 100);
}

function recordOf<P extends object, A>(
  session: MergeSession<P, A>,
  album: string,
  keeping: Keeping,
): Omit<RunRecord, "way" | "size" | "package"> {
  const { recipe, wanted } = session;
  const { photos, parameters } = session.read();
  return {
    album,
    photos: wanted.map(({ hash }) => hash),
    title: titleOf(session),
    orderedAt: Date.now(),
    isSaved: false,
    from: recipe.used(photos, parameters).map(({ photo }) => photo.hash),
    as: recipe.kind,
    keeping,
    parameters: { ...recipe.describe(parameters) },
  };
}

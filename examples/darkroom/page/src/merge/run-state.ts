import type { Job } from "#api/burst.ts";
import type { Choice, WayName } from "#burst/choice/choose-way.ts";
import type { Rendering } from "#darkroom/graph/hdr.ts";
import type { JoinedState } from "../burst/join.ts";
import type { Remote } from "../burst/weigh-ways.ts";
import type { Me } from "../data/own-server.ts";
import type { OverlayTile } from "./draw-scene.ts";
import type { Keeping } from "./recipe.ts";
import type { RunRecord } from "./run-records.ts";
import type { Place } from "./task-map.ts";

/** What is put before the user: the ways, and what each takes. */
export interface Asked {
  readonly rendering: Rendering;
  readonly keeping: Keeping;
  readonly choice: Choice;
  readonly remote: Remote | undefined;
  /** Why the data center cannot be asked, in words. */
  readonly trouble: string | undefined;
}

export interface RunState {
  /** `stopped`: it ended before it was done; what is there of the picture stays in view. */
  readonly phase: "idle" | "preparing" | "asking" | "sending" | "running" | "fetching" | "stopped" | "done";
  readonly failure?: string | undefined;
  readonly asked?: Asked | undefined;
  readonly way?: WayName | undefined;
  /** What was ordered; later changes of the settings change nothing of it. */
  readonly record?: RunRecord | undefined;
  readonly job?: Job | undefined;
  readonly size?: { readonly width: number; readonly height: number } | undefined;
  readonly isPaused: boolean;
  /** It is being stopped: what runs is told, and what is there is fetched. */
  readonly isStopping: boolean;
  /** 0 … 1. */
  readonly share: number;
  readonly gigahertz?: number | undefined;
  readonly remainingSeconds?: number | undefined;
  readonly places: readonly Place[];
  readonly overlay: readonly OverlayTile[];
  readonly joined?: JoinedState | undefined;
  readonly sentBytes: number;
  /** Results by their names, once all are here. */
  readonly results?: ReadonlyMap<string, string> | undefined;
  /** Ids of the tasks that made the results, in the graph's order. */
  readonly taskIds?: readonly string[] | undefined;
}

export const idle: RunState = {
  phase: "idle",
  isPaused: false,
  isStopping: false,
  share: 0,
  places: [],
  overlay: [],
  sentBytes: 0,
};

/** The view that a run works for. */
export interface RunSubject {
  readonly title: string;
  /** Hashes of the originals, which lie in the album. */
  readonly originals: ReadonlySet<string>;
  readonly me: Me | undefined;
  /** Previews stop, so that the merge has all cores. */
  rest(): void;
  full(keeping: Keeping): Promise<Rendering>;
  /** For the address: the job that can be found again. */
  onJob(job: string | undefined): void;
  /** What is needed to go on after a reload. */
  record(keeping: Keeping): Omit<RunRecord, "way" | "size" | "package">;
}
